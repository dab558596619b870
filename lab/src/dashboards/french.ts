import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { LabError } from '../lab-error.ts';

/** The French titles of dashboards, panels, links, marks and the variable, by the English ones. */
const titles: Readonly<Record<string, string>> = {
  Overview: "Vue d'ensemble",
  Service: 'Service',
  Shop: 'Boutique',
  Databases: 'Bases de données',
  Pipeline: 'Chaîne de collecte',
  'Service map': 'Carte des services',

  Dashboards: 'Tableaux de bord',
  'Dashboard of the service': 'Tableau de bord du service',
  Traces: 'Traces',
  Trace: 'Trace',
  'Alert rules': "Règles d'alerte",
  'Rule and runbook': 'Règle et procédure',
  'Log lines of failed requests': 'Journaux des requêtes en échec',
  'Traces with slow requests': 'Traces des requêtes lentes',
  'Firing alerts': 'Alertes actives',
  'Faults caused on purpose': 'Pannes provoquées',
  Starts: 'Démarrages',

  Services: 'Services',
  'Telemetry pipeline': 'Chaîne de télémétrie',
  'Pages a second': 'Pages par s',
  'Orders completed': 'Commandes',
  'Error budget left, 6 hours': "Budget d'erreur restant, 6 heures",
  Alerts: 'Alertes',
  'Burn rate of the budget': 'Consommation du budget',
  Requests: 'Requêtes',
  'Error share': "Taux d'erreur",
  'Refusals (4xx)': 'Refus (4xx)',
  'Median duration': 'Durée médiane',
  '95th percentile of durations': '95e centile des durées',
  '99th percentile, with exemplars': '99e centile, avec exemplaires',
  'Latest failures': 'Derniers échecs',
  'Latest requests': 'Dernières requêtes',
  'Warnings and errors': 'Avertissements et erreurs',
  'Live logs': 'Journaux en direct',

  State: 'État',
  'Requests a second': 'Requêtes par s',
  '95th percentile': '95e centile',
  Processor: 'Processeur',
  Memory: 'Mémoire',
  'Requests by route': 'Requêtes par route',
  'Errors by route': 'Erreurs par route',
  '95th percentile by route': '95e centile par route',
  'Durations, with exemplars': 'Durées, avec exemplaires',
  'Answers by status': 'Réponses par statut',
  'Calls to other services': 'Appels aux autres services',
  'Database connections': 'Connexions à la base',
  'Waits and statements': 'Attentes et instructions SQL',
  'Event loop utilization': "Boucle d'événements",
  Pauses: 'Pauses',
  'Memory over time': 'Mémoire dans le temps',
  'Slowest operations': 'Opérations les plus lentes',
  Logs: 'Journaux',

  'Carts begun': 'Paniers',
  'Pieces added': 'Articles',
  Conversion: 'Conversion',
  Turnover: 'Ventes',
  'Failed checkouts': 'Échecs de caisse',
  'Carts and orders a minute': 'Paniers et commandes par minute',
  'Turnover a minute': 'Ventes par minute',
  'Value of an order': "Valeur d'une commande",
  'Logins a minute': 'Connexions par minute',
  'Products, by pieces in carts': 'Produits, par articles au panier',
  'Pages a second, by route': 'Pages par seconde, par route',

  Statements: 'Requêtes SQL',
  'Failed statements': 'SQL en échec',
  'No connection': 'Sans connexion',
  'Waiting now': 'En attente',
  'Statements by service': 'Requêtes SQL par service',
  'Durations by service': 'Durées par service',
  'Errors by type': 'Erreurs par type',
  'Statements by operation': 'Requêtes SQL par opération',
  'Durations by operation': 'Durées par opération',
  'Pools: connections in use': 'Pools : connexions utilisées',
  'Pools: waiting requests': 'Pools : requêtes en attente',
  'Pools: duration of waits': 'Pools : durée des attentes',
  'Slow statements and lost databases': 'Requêtes SQL lentes et bases perdues',

  'Not delivered': 'Non livré',
  Lost: 'Perdu',
  'Fullest queue': 'File la + pleine',
  'Failed rules': 'Règles en échec',
  Accepted: 'Accepté',
  Refused: 'Refusé',
  Delivered: 'Livré',
  'Lost by the collector': 'Perdu par le collecteur',
  Queues: "Files d'attente",
  Lag: 'Retard',
  'Lost by services': 'Perdu par les services',
  'Queues of the services': 'Files des services',
  'Memory of the collector': 'Mémoire du collecteur',
  'Memory of all parts': 'Mémoire de chaque partie',
  'Series and streams': 'Séries et flux',

  'Who calls whom': 'Qui appelle qui',
  Calls: 'Appels',
};

/** The dashboard with French titles; descriptions and the names of series stay English. */
export function inFrench(dashboard: Dashboard): Dashboard {
  const { annotations, templating, ...rest } = withTitles(dashboard);
  const marks = annotations.list?.map((mark) => ({ ...mark, name: french(mark.name) })) ?? [];
  const variables = templating.list?.map((one) => ({ ...one, label: french(one.label ?? one.name) })) ?? [];
  return { ...rest, annotations: { list: marks }, templating: { list: variables } };
}

function withTitles(dashboard: Dashboard): Dashboard {
  return JSON.parse(JSON.stringify(dashboard), (key, value) =>
    key === 'title' && typeof value === 'string' ? french(value) : value,
  );
}

function french(title: string): string {
  const translation = titles[title];
  if (translation) return translation;
  throw new LabError(`"${title}" has no French translation. Add it to lab/src/dashboards/french.ts.`);
}
