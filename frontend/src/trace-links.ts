/** Addresses of pages that show a trace and its logs; without an address there is no link. */
export interface TelemetryUrls {
  /** The console shows both on one page, where there is no Jaeger or Grafana. */
  consoleUrl?: string | undefined;
  jaegerUrl?: string | undefined;
  grafanaUrl?: string | undefined;
}

/** The address of a trace; Jaeger and the console use the same path. */
export function traceLink({ jaegerUrl, consoleUrl }: TelemetryUrls, traceId: string): string | undefined {
  const url = jaegerUrl ?? consoleUrl;
  return url && `${url}/trace/${traceId}`;
}

/**
 * The address of a trace's log lines in Grafana's Explore.
 * https://grafana.com/docs/grafana/latest/explore/get-started-with-explore/#generate-explore-urls-from-external-tools
 */
export function logsLink({ grafanaUrl }: TelemetryUrls, traceId: string): string | undefined {
  const panes = {
    logs: {
      datasource: 'loki',
      queries: [{ refId: 'A', expr: `{service_namespace="vitrine"} | trace_id="${traceId}"` }],
      range: { from: 'now-1h', to: 'now' },
    },
  };
  return (
    grafanaUrl && `${grafanaUrl}/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify(panes))}`
  );
}
