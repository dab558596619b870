/**
 * A program that the backends need.
 * - `commands`: its names on PATH.
 * - `version`: the version in use; later ones that are compatible by semantic versioning also do.
 * - `module`: its folder in native/, which pins its sources; `mainPackage` is the package compiled there.
 * - `versionVariable`: the Go variable that holds its version.
 * - `seconds`: time to compile it on two idle cores, after those before it in the list, from an empty cache of Go;
 *   docs/performance.md says how it was measured.
 */
export type Program = {
  commands: readonly string[];
  version: string;
  versionArgs: readonly string[];
  module: string;
  mainPackage: string;
  tags?: string;
  versionVariable?: string;
  seconds: number;
};

const prometheus = {
  version: '3.16.0',
  versionArgs: ['--version'],
  module: 'prometheus',
  // The tag leaves out the service discoveries, which would be most of the program.
  tags: 'remove_all_sd',
  versionVariable: 'github.com/prometheus/common/version.Version',
};

/** Keyed by the program's name in the cache. */
export const programs = {
  otelcol: {
    commands: ['otelcol-contrib', 'otelcol'],
    version: '0.155.0',
    versionArgs: ['--version'],
    module: 'otel-collector',
    mainPackage: '.',
    seconds: 80,
  },
  prometheus: {
    ...prometheus,
    commands: ['prometheus'],
    mainPackage: 'github.com/prometheus/prometheus/cmd/prometheus',
    seconds: 80,
  },
  loki: {
    commands: ['loki'],
    version: '3.7.8',
    versionArgs: ['-version'],
    module: 'loki',
    mainPackage: 'github.com/grafana/loki/v3/cmd/loki',
    versionVariable: 'github.com/grafana/loki/v3/pkg/util/build.Version',
    seconds: 215,
  },
  jaeger: {
    commands: ['jaeger'],
    version: '2.13.0',
    versionArgs: ['version'],
    module: 'jaeger',
    mainPackage: 'github.com/jaegertracing/jaeger/cmd/jaeger',
    versionVariable: 'github.com/jaegertracing/jaeger/internal/version.latestVersion',
    seconds: 100,
  },
  promtool: {
    ...prometheus,
    commands: ['promtool'],
    mainPackage: 'github.com/prometheus/prometheus/cmd/promtool',
    seconds: 45,
  },
  k6: {
    commands: ['k6'],
    version: '1.8.1',
    versionArgs: ['version'],
    module: 'k6',
    mainPackage: 'go.k6.io/k6',
    seconds: 55,
  },
  // It finds what it scrapes by asking a cluster. For an image where no registry has Prometheus' own, whatever PATH has.
  'prometheus-kubernetes': {
    ...prometheus,
    commands: [],
    mainPackage: 'github.com/prometheus/prometheus/cmd/prometheus',
    tags: 'remove_all_sd,enable_kubernetes_sd',
    seconds: 40,
  },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

/** The programs of a shop's backends, in the order in which people need them: the first two show the first trace. */
export const shopPrograms = ['otelcol', 'jaeger', 'prometheus', 'loki'] as const;

/** All programs; the last three are for tests and load, and compiled only when they are asked for. */
export const programNames = [...shopPrograms, 'promtool', 'k6', 'prometheus-kubernetes'] as const;

/** Collectors are built with different components; otel-collector-config.yaml needs these. */
export const collectorComponents = [
  ...['health_check', 'otlp', 'memory_limiter', 'redaction', 'transform', 'batch'],
  ...['span_metrics', 'otlp_grpc', 'otlp_http', 'prometheus', 'debug'],
] as const;
