import { board } from '../board.ts';
import { states } from '../colours.ts';
import { logs, stat, timeSeries } from '../panels.ts';
import {
  chosen,
  counted,
  emptyWhileHealthy,
  graph,
  now,
  orZero,
  percentile,
  withFields,
} from '../queries.ts';
import { databases as databaseStates } from '../state.ts';

const statements = 'db_client_operation_duration_seconds';
const pool = '{{db_client_connection_pool_name}}';
const byPool = 'db_client_connection_pool_name';
const failed = `${statements}_count{${chosen}, error_type!=""}`;
const unconnected = `db_client_connection_wait_time_seconds_count{${chosen}, error_type!=""}`;

export const databases = board({
  uid: 'databases',
  title: 'Databases',
  description:
    'The three databases and the sessions, as the services see them: statements, durations, errors, connections, waits.',
  services: 'several',
  refresh: '30s',
  panels: [
    databaseStates({ width: 8, height: 4 }),
    stat({
      title: 'Statements',
      description: 'Of the chosen services.',
      width: 4,
      height: 4,
      queries: [graph(`sum(rate(${statements}_count{${chosen}}[$__rate_interval]))`)],
      unit: 'ops',
      decimals: 1,
      sparkline: true,
    }),
    stat({
      title: 'Failed statements',
      description: 'Within the time range. Some are refusals, of a username that is taken, say.',
      width: 4,
      height: 4,
      queries: [now(orZero(counted(failed)))],
      decimals: 0,
      tint: [
        { value: null, color: states.good },
        { value: 1, color: states.doubtful },
      ],
    }),
    stat({
      title: 'No connection',
      description:
        'Requests within the time range that got no connection: the database was away, or the pool was empty.',
      width: 4,
      height: 4,
      queries: [now(orZero(counted(unconnected)))],
      decimals: 0,
      tint: [
        { value: null, color: states.good },
        { value: 1, color: states.bad },
      ],
    }),
    stat({
      title: 'Waiting now',
      description:
        'Requests that wait for a connection. While more than one waits for half a minute: DatabasePoolExhausted.',
      width: 4,
      height: 4,
      queries: [now(`sum(db_client_connection_pending_requests{${chosen}})`)],
      decimals: 0,
      tint: [
        { value: null, color: states.good },
        { value: 2, color: states.bad },
      ],
    }),

    timeSeries({
      title: 'Statements by service',
      description: 'Statements a second.',
      width: 8,
      height: 8,
      queries: [
        graph(
          `sum by (service_name) (rate(${statements}_count{${chosen}}[$__rate_interval]))`,
          '{{service_name}}',
        ),
      ],
      unit: 'ops',
    }),
    timeSeries({
      title: 'Durations by service',
      description: '95th percentile of the durations of statements, without the wait for a connection.',
      width: 8,
      height: 8,
      queries: [graph(percentile(0.95, statements, { by: 'service_name' }), '{{service_name}}')],
      unit: 's',
      softMax: 0.1,
    }),
    timeSeries({
      title: 'Errors by type',
      description: 'Statements that failed, and requests that got no connection, a second.',
      width: 8,
      height: 8,
      queries: [
        graph(
          `sum by (service_name, error_type) (rate(${failed}[$__rate_interval]) or rate(${unconnected}[$__rate_interval])) or label_replace(vector(0), "error_type", "no error", "", "")`,
          '{{service_name}} {{error_type}}',
        ),
      ],
      unit: 'ops',
      softMax: 1,
    }),

    timeSeries({
      title: 'Statements by operation',
      description: 'The first word of the statement, and the schema.',
      width: 12,
      height: 9,
      queries: [
        graph(
          `sum by (db_namespace, db_operation_name) (rate(${statements}_count{${chosen}}[$__rate_interval]))`,
          '{{db_namespace}} {{db_operation_name}}',
        ),
      ],
      unit: 'ops',
    }),
    timeSeries({
      title: 'Durations by operation',
      description: '95th percentile of the durations of statements.',
      width: 12,
      height: 9,
      queries: [
        graph(
          percentile(0.95, statements, { by: 'db_namespace, db_operation_name' }),
          '{{db_namespace}} {{db_operation_name}}',
        ),
      ],
      unit: 's',
      softMax: 0.1,
    }),

    timeSeries({
      title: 'Pools: connections in use',
      description: 'Share of the limit. At 100 % requests wait.',
      width: 8,
      height: 8,
      queries: [
        graph(
          `sum by (${byPool}) (db_client_connection_count{${chosen}, db_client_connection_state="used"}) / sum by (${byPool}) (db_client_connection_max{${chosen}})`,
          pool,
        ),
      ],
      unit: 'percentunit',
      softMax: 1,
    }),
    timeSeries({
      title: 'Pools: waiting requests',
      description: 'Requests that wait for a connection.',
      width: 8,
      height: 8,
      queries: [graph(`sum by (${byPool}) (db_client_connection_pending_requests{${chosen}})`, pool)],
      softMax: 5,
    }),
    timeSeries({
      title: 'Pools: duration of waits',
      description: '95th percentile of the time until a request has its connection.',
      width: 8,
      height: 8,
      queries: [graph(percentile(0.95, 'db_client_connection_wait_time_seconds', { by: byPool }), pool)],
      unit: 's',
      softMax: 0.1,
    }),

    logs({
      title: 'Slow statements and lost databases',
      description:
        'Statements that took 200 ms or longer, and what services say of a database that does not answer.',
      width: 24,
      height: 9,
      query: `{service_namespace="vitrine", ${chosen}} |~ "slow statement|_dbase is not available|waiting for the database" ${withFields}${emptyWhileHealthy}`,
      empty: 'No slow statement',
    }),
  ],
});
