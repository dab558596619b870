import { affected } from './board.ts';
import { states } from './colours.ts';
import { link, placeholder } from './links.ts';
import { type Basics, lights, table } from './panels.ts';
import { chosen, emptyWhileHealthy, now, rows } from './queries.ts';

/** A tile for each schema. No part of the shop watches the databases, so their state is what services have met with. */
export function databases(place: Pick<Basics, 'width' | 'height'>) {
  const schemas = `group by (service_name, db_client_connection_pool_name) (db_client_connection_max{${chosen}})`;
  const rate = (counter: string, error: string) =>
    `sum by (service_name) (rate(${counter}{error_type${error}""}[30s])) > 0`;
  const failed = [
    rate('db_client_connection_wait_time_seconds_count', '!='),
    rate('db_client_operation_duration_seconds_count', '!='),
  ].join(' or ');
  const succeeded = rate('db_client_operation_duration_seconds_count', '=');
  return lights({
    ...place,
    title: 'Databases',
    description:
      'Down: within the last half minute, connections or statements failed, and none succeeded. Nobody notices the loss of a database of which nothing is asked.',
    queries: [
      now(
        `${schemas} unless on (service_name) ((${failed}) unless ${succeeded}) or ${schemas} * 0`,
        '{{db_client_connection_pool_name}}',
      ),
    ],
    away: 'Down',
  });
}

/** A tile for each part of the pipeline. */
export function telemetryParts(place: Pick<Basics, 'width' | 'height'>) {
  return lights({
    ...place,
    title: 'Telemetry pipeline',
    description:
      'Whether Prometheus can read the metrics of each part. All telemetry passes through the collector.',
    queries: [now('up{job!="services"}', '{{job}}')],
    away: 'Down',
  });
}

/** The alerts that are pending or firing, with what they are about, and since when. */
export function alerts(place: Pick<Basics, 'width' | 'height'>) {
  const active = affected('ALERTS * ignoring (alertstate) group_left () ALERTS_FOR_STATE * 1000');
  return table({
    ...place,
    title: 'Alerts',
    description:
      'All alerts, of every service and of the pipeline. A click on one opens its rule, which links its runbook.',
    queries: [rows(`max by (alertname, alertstate, severity, affected) (${active})${emptyWhileHealthy}`)],
    empty: 'No alert',
    columns: [
      {
        field: 'alertname',
        title: 'Alert',
        link: link('Rule and runbook', `/alerting/Prometheus/${placeholder('__value.raw')}/find`),
      },
      { field: 'affected', title: 'Affected' },
      { field: 'severity', title: 'Severity', width: 85 },
      { field: 'alertstate', title: 'State', width: 75, properties: stateColours() },
      { field: 'Value', title: 'Since', width: 130, unit: 'dateTimeFromNow' },
    ],
  });
}

function stateColours() {
  const value = [
    {
      type: 'value',
      options: {
        firing: { text: 'firing', color: states.bad },
        pending: { text: 'pending', color: states.doubtful },
      },
    },
  ];
  return [
    { id: 'mappings', value },
    { id: 'custom.cellOptions', value: { type: 'color-text' } },
  ];
}
