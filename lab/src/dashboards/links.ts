import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { sources } from './queries.ts';

/** What Grafana replaces by a value when somebody clicks. */
export function placeholder(name: string): string {
  return `\${${name}}`;
}

/** The service of the series that somebody clicks. */
export const ownService = placeholder('__field.labels.service_name');

type Source = (typeof sources)[keyof typeof sources];

const shown = { from: placeholder('__from'), to: placeholder('__to') };

/** The address of a query in Grafana's Explore, by default at the time range of the dashboard. Placeholders stay. */
export function explore(source: Source, query: Readonly<Record<string, unknown>>, range = shown): string {
  const pane = { datasource: source.uid, queries: [{ refId: 'A', datasource: source, ...query }], range };
  const panes = encodeURIComponent(JSON.stringify({ a: pane }));
  return `/explore?schemaVersion=1&panes=${panes.replace(/%24%7B(.+?)%7D/g, (_, name) => `\${${decodeURIComponent(name)}}`)}`;
}

/**
 * A trace, by its id, whatever the time range. With a query type, Jaeger would find nothing. The data source of Prometheus
 * has this address for exemplars.
 */
export function traceById(id: string): string {
  return explore(sources.jaeger, { query: id }, { from: 'now-1h', to: 'now' });
}

/** A service's requests that took at least `minDuration`, such as `500ms`. */
export function tracesOf(service: string, minDuration?: string): string {
  return explore(sources.jaeger, {
    queryType: 'search',
    service,
    limit: 20,
    ...(minDuration && { minDuration }),
  });
}

/** The dashboard of one service, at the same time range. */
export const serviceDashboard = `/d/service?${placeholder('__url_time_range')}&var-service=${ownService}`;

/** A link of a panel or a dashboard. */
export function link(title: string, url: string): Builder<DashboardLink> {
  return visible(new DashboardLinkBuilder(title).url(url));
}

/** A link to each dashboard of the shop, which keeps the time range and the service. */
export function siblings(tag: string): Builder<DashboardLink> {
  const links = new DashboardLinkBuilder('Dashboards').type(DashboardLinkType.Dashboards).tags([tag]);
  return visible(links.keepTime(true).includeVars(true));
}

/** By the SDK's default a link would be hidden in a menu. */
function visible(builder: DashboardLinkBuilder): Builder<DashboardLink> {
  const { placement: _, ...built } = builder.build();
  return { build: () => built };
}
