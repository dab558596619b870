import type { Variables } from './env-file.ts';
import type { PartName } from './part-names.ts';

export type Account = { user: string; password: string };
/** A schema with the account that may read and change its rows, and the one that may change its tables. */
export type Schema = Account & { name: string; migrations: Account };

type Common = {
  name: PartName;
  port: number;
  /** The other ports that it listens on, for its neighbours. */
  furtherPorts: readonly number[];
  /** The address for a person: a URL, or host and port for a database client. */
  address: string;
  /** The parts that it calls while it works. */
  needs: readonly PartName[];
};
export type DatabasePart = Common & { kind: 'database'; schemas: readonly Schema[] };
export type ServicePart = Common & { kind: 'service'; readyzUrl: string; environment: Variables };
/** A program that receives, stores or forwards telemetry. Its configuration file reads `environment`. */
export type BackendPart = Common & {
  kind: 'backend';
  name: BackendName;
  readyUrl: string;
  environment: Variables;
};
/** A program that shows or tells a person what telemetry says. */
export type ViewerPart = Common & {
  kind: 'viewer';
  name: 'grafana' | 'alertmanager' | 'console';
  readyUrl: string;
  environment: Variables;
};
export type Part = DatabasePart | ServicePart | BackendPart | ViewerPart;

export type BackendName = 'otel-collector' | 'prometheus' | 'loki' | 'jaeger';
