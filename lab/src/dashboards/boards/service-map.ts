import { board } from '../board.ts';
import { nodeGraph, table } from '../panels.ts';
import { rows } from '../queries.ts';

/** What calls and is called. A place is in pixels; arrows cross as little as can be. */
const nodes = [
  { id: 'frontend', x: 0, y: 0 },
  { id: 'order-service', x: 250, y: 0 },
  { id: 'user-service', x: 500, y: -180 },
  { id: 'product-service', x: 500, y: 180 },
  { id: 'session_dbase', x: 0, y: 220 },
  { id: 'order_dbase', x: 250, y: 220 },
  { id: 'user_dbase', x: 750, y: -180 },
  { id: 'product_dbase', x: 750, y: 180 },
] as const;

const ids = nodes.map(({ id }) => id);
/** Grafana cannot draw an arrow to a node that is not there. */
const services = ids.filter((id) => !id.endsWith('_dbase')).join('|');
const databases = ids.filter((id) => id.endsWith('_dbase')).join('|');

const requests = `service_name=~"${services}"`;
const calls = `span_kind="SPAN_KIND_CLIENT", service_name=~"${services}", peer_service=~"${services}"`;
const statements = `service_name=~"${services}", db_namespace=~"${databases}"`;
const failedRequests = `${requests}, http_response_status_code=~"5.."`;
/** A refusal (4xx) is an error for the caller's span, but not of the called service. */
const failedCalls = `${calls}, status_code="STATUS_CODE_ERROR", http_response_status_code!~"4.."`;
const failedStatements = `${statements}, error_type!=""`;

const rate = (counter: string, selector: string, by: string) =>
  `sum by (${by}) (rate(${counter}{${selector}}[5m]))`;
const copy = (query: string, to: string, from: string) => `label_join(${query}, "${to}", "", "${from}")`;
const share = (failed: string, all: string) => `${failed} / (${all} > 0) or ${all} * 0`;

/** The places of the nodes, as values by id. */
function places(axis: 'x' | 'y'): string {
  return nodes.map((node) => `label_replace(vector(${node[axis]}), "id", "${node.id}", "", "")`).join(' or ');
}

/** Requests to each service and statements to each database, a second; 0 for those that are not there. */
function ofNodes(requestSelector: string, statementSelector: string): string {
  const received = [
    copy(
      rate('http_server_request_duration_seconds_count', requestSelector, 'service_name'),
      'id',
      'service_name',
    ),
    copy(
      rate('db_client_operation_duration_seconds_count', statementSelector, 'db_namespace'),
      'id',
      'db_namespace',
    ),
  ].join(' or ');
  return `sum by (id) (${received} or (${places('x')}) * 0)`;
}

/** What each service asks of others and of its database, a second, with `le` if that is among the labels. */
function ofEdges(
  suffix: 'count' | 'bucket',
  callSelector: string,
  statementSelector: string,
  le = '',
): string {
  const ofCalls = (by: string) =>
    rate(`traces_span_metrics_duration_seconds_${suffix}`, callSelector, `${by}${le}`);
  // A set of calls with both ends alike is what is left out: an arrow to itself cannot be drawn.
  const others = `${ofCalls('service_name, peer_service')} unless on (service_name, peer_service) ${copy(ofCalls('service_name'), 'peer_service', 'service_name')}`;
  const ofStatements = rate(
    `db_client_operation_duration_seconds_${suffix}`,
    statementSelector,
    `service_name, db_namespace${le}`,
  );
  const targets = `${copy(others, 'target', 'peer_service')} or ${copy(ofStatements, 'target', 'db_namespace')}`;
  const ends = copy(targets, 'source', 'service_name');
  return `sum by (id, source, target${le}) (label_join(${ends}, "id", " → ", "source", "target"))`;
}

const nodeRate = ofNodes(requests, statements);
const nodeErrors = `(${share(ofNodes(failedRequests, failedStatements), nodeRate)})`;
const edgeRate = ofEdges('count', calls, statements);
const edgeErrors = `(${share(ofEdges('count', failedCalls, failedStatements), edgeRate)})`;
const edgeDuration = `(histogram_quantile(0.95, ${ofEdges('bucket', calls, statements, ', le')}) >= 0) or ${edgeRate} * 0`;

/** Makes one table of the frames whose refId begins with `prefix`, by the labels that they share. */
const merged = (prefix: string) => ({
  id: 'merge',
  filter: { id: 'byRefId', options: `/^${prefix}/` },
  options: {},
});

export const serviceMap = board({
  uid: 'service-map',
  title: 'Service map',
  description: 'Who calls whom, how often, and with what success, over the last five minutes.',
  services: 'none',
  refresh: '10s',
  panels: [
    nodeGraph({
      title: 'Who calls whom',
      description:
        'In a circle: requests or statements a second, and the share that failed, which is the red part of the ring. An arrow shows the same for its calls when the mouse is over it or over one of its ends.',
      width: 24,
      height: 17,
      queries: [
        rows(
          `label_replace(label_replace(${copy(places('x'), 'title', 'id')}, "subtitle", "service", "id", ".*"), "subtitle", "database", "id", ".*_dbase")`,
          'nodeX',
        ),
        rows(places('y'), 'nodeY'),
        rows(nodeRate, 'nodeRate'),
        rows(`${nodeErrors} * 100`, 'nodeErrors'),
        rows(nodeErrors, 'nodeFailed'),
        rows(`1 - ${nodeErrors}`, 'nodeAnswered'),
        rows(edgeRate, 'edgeRate'),
        rows(`${edgeErrors} * 100`, 'edgeErrors'),
      ],
      transformations: [
        {
          id: 'organize',
          options: {
            excludeByName: { Time: true },
            renameByName: {
              'Value #nodeX': 'fixedX',
              'Value #nodeY': 'fixedY',
              'Value #nodeRate': 'mainstat',
              'Value #nodeErrors': 'secondarystat',
              'Value #nodeFailed': 'arc__failed',
              'Value #nodeAnswered': 'arc__answered',
              'Value #edgeRate': 'mainstat',
              'Value #edgeErrors': 'secondarystat',
            },
          },
        },
        merged('node'),
        merged('edge'),
      ],
      units: { main: '/s', secondary: '% failed' },
    }),
    table({
      title: 'Calls',
      description: 'The arrows as a table. A refused call (4xx) does not count as failed.',
      width: 24,
      height: 12,
      queries: [rows(edgeRate, 'rate'), rows(edgeErrors, 'errors'), rows(edgeDuration, 'duration')],
      transformations: [
        { id: 'organize', options: { excludeByName: { Time: true } } },
        { id: 'merge', options: {} },
        { id: 'sortBy', options: { sort: [{ field: 'Value #rate', desc: true }] } },
      ],
      columns: [
        { field: 'source', title: 'From' },
        { field: 'target', title: 'To' },
        { field: 'Value #rate', title: 'A second', unit: 'ops' },
        { field: 'Value #errors', title: 'Failed', unit: 'percentunit' },
        { field: 'Value #duration', title: '95th percentile', unit: 's' },
      ],
    }),
  ],
});
