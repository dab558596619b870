import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type DashboardLink,
  type Panel,
  QueryVariableBuilder,
  TimePickerBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { subjectLabels } from '../alert-title.ts';
import { states } from './colours.ts';
import { siblings } from './links.ts';
import { chosen, sources } from './queries.ts';

const tag = 'vitrine';

/** A panel of any kind. Its id follows from its place in the list. */
export type AnyPanel = Builder<Panel> & { id(id: number): unknown };

export type BoardOptions = {
  /** The name of the file, and the address in Grafana: links keep it. */
  uid: string;
  title: string;
  description: string;
  /** Whether people choose services here; if not, the choice is only handed on to the next dashboard. */
  services: 'several' | 'one' | 'none';
  /** A dashboard with log lines waits 30 s: at each refresh, a line that somebody has opened is closed. */
  refresh: '10s' | '30s';
  links?: readonly Builder<DashboardLink>[];
  /** Row by row; the widths in a row add up to 24, and its heights are equal. */
  panels: readonly AnyPanel[];
};

/** A dashboard with the shop's variable, marks on graphs, and links to its siblings. */
export function board({
  uid,
  title,
  description,
  services,
  refresh,
  links = [],
  panels,
}: BoardOptions): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([tag])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh(refresh)
    .time({ from: 'now-15m', to: 'now' })
    .timepicker(new TimePickerBuilder().refreshIntervals(['5s', '10s', '30s', '1m']))
    .withVariable(serviceVariable(services))
    .annotations([firingAlerts, faults, restarts])
    .links([siblings(tag), ...links]);
  for (const [index, panel] of panels.entries()) {
    panel.id(index + 1);
    builder.withPanel(panel);
  }
  return builder.build();
}

function serviceVariable(choice: BoardOptions['services']): QueryVariableBuilder {
  const query = 'label_values(http_server_request_duration_seconds_count, service_name)';
  const builder = new QueryVariableBuilder('service')
    .label('Service')
    .datasource(sources.prometheus)
    .query({ qryType: 1, refId: 'A', query })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .hide(choice === 'none' ? VariableHide.HideVariable : VariableHide.DontHide);
  if (choice === 'one') return builder.current({ text: 'frontend', value: 'frontend' });
  return builder
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ text: ['All'], value: ['$__all'] });
}

/** Adds to alerts a label that says what each is about. */
export function affected(alerts: string): string {
  const names = subjectLabels.map((name) => `"${name}"`).join(', ');
  return `label_join(${alerts}, "affected", " ", ${names})`;
}

const firingAlerts = new AnnotationQueryBuilder()
  .name('Firing alerts')
  .datasource(sources.prometheus)
  .enable(true)
  .iconColor(states.bad)
  // The empty alternative is for alerts without a service.
  .expr(affected('ALERTS{alertstate="firing", service_name=~"$service|"}'))
  .step('15s')
  .titleFormat('{{alertname}}')
  .textFormat('{{affected}}');

const faults = new AnnotationQueryBuilder()
  .name('Faults caused on purpose')
  .datasource(sources.prometheus)
  .enable(true)
  .iconColor(states.doubtful)
  .expr(`vitrine_fault_active{${chosen}} == 1`)
  .step('15s')
  .titleFormat('Fault: {{vitrine_fault_kind}}')
  .textFormat('{{service_name}}');

const restarts = new AnnotationQueryBuilder()
  .name('Starts')
  .datasource(sources.loki)
  .enable(true)
  .iconColor(states.event)
  .expr(`{service_namespace="vitrine", ${chosen}} |~ "^listening$"`)
  .titleFormat('Start')
  .textFormat('{{service_name}}');
