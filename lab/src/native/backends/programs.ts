/**
 * A program that the backends need.
 * - `commands`: what it is called on PATH.
 * - `version`: this one, or by semantic versioning a later one, will do.
 * - `module`: its folder in native/, which pins its sources; `mainPackage` is what is compiled there.
 * - `versionVariable`: the Go variable by which it learns its version.
 * - `seconds`: what compiling takes on two idle cores when nothing of it was compiled before.
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
  // Without its service discoveries, which would be most of it.
  tags: 'remove_all_sd',
  versionVariable: 'github.com/prometheus/common/version.Version',
};

/** By the name under which they are kept. */
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
    seconds: 90,
  },
  loki: {
    commands: ['loki'],
    version: '3.7.8',
    versionArgs: ['-version'],
    module: 'loki',
    mainPackage: 'github.com/grafana/loki/v3/cmd/loki',
    versionVariable: 'github.com/grafana/loki/v3/pkg/util/build.Version',
    seconds: 240,
  },
  jaeger: {
    commands: ['jaeger'],
    version: '2.13.0',
    versionArgs: ['version'],
    module: 'jaeger',
    mainPackage: 'github.com/jaegertracing/jaeger/cmd/jaeger',
    versionVariable: 'github.com/jaegertracing/jaeger/internal/version.latestVersion',
    seconds: 190,
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
    seconds: 70,
  },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

/** In the order in which they are listed: what is missed most, first. */
export const programNames = ['otelcol', 'prometheus', 'loki', 'jaeger', 'promtool', 'k6'] as const;

/** The collector comes in many choices of components; otel-collector-config.yaml names these. */
export const collectorComponents = [
  ...['health_check', 'otlp', 'memory_limiter', 'redaction', 'transform', 'batch'],
  ...['span_metrics', 'otlp_grpc', 'otlp_http', 'prometheus'],
] as const;
