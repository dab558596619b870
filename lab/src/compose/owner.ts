import { realpathSync } from 'node:fs';
import { readEnvFile } from '../env-file.ts';
import { UsageError } from '../lab-error.ts';
import type { Places } from '../settings.ts';
import { isDefaultHome, isGone, ownFolder, presentFolder } from '../shop-folder.ts';
import { type Docker, projectName } from './compose.ts';

// All clones with a home at its usual place share the Compose project `vitrine`. An empty volume, which Docker makes for
// one shop only, tells which shop has the project. scripts/without-node.sh follows the same rules.

const idLabel = 'vitrine.shop';
const folderLabel = 'vitrine.folder';
const projectLabel = 'com.docker.compose.project';

/** The shop that has a project: its folder when it took the project, and its SHOP_ID unless only containers tell of it. */
type Owner = { folder: string; id?: string };

/** Resolves to another shop that has the project; to undefined when this one may use it. */
export async function findOtherOwner(docker: Docker, places: Places): Promise<Owner | undefined> {
  return (await readOwners(docker, places)).find((owner) => !isThisShop(owner, places));
}

/** The refusal to touch the project of the shop `owner`. */
export function projectOfOther({ folder, id }: Owner, places: Places): UsageError {
  const project = projectName(places);
  const deletion = `docker compose --project-name ${project} down --volumes`;
  const [whose, wayOut] = isGone(folder)
    ? [`the shop in ${folder}, which is no longer there`, `To delete it and its data: ${deletion}`]
    : id !== undefined && isSame(folder, presentFolder(places))
      ? [
          `another shop, which was in ${folder} before`,
          `To delete it and its data: ${deletion}\nIf it is this one, whose .env was lost: put SHOP_ID=${id} into ${places.envFile}`,
        ]
      : [`the shop in ${folder}`, 'To delete that shop and its data: ./stop.sh --reset there.'];
  return new UsageError(
    `The containers and volumes of the Compose project ${project} are those of ${whose}. ${wayOut}\nTo have a shop beside it: VITRINE_HOME=/a/new/folder ./start.sh, or without Docker ./start.sh --native`,
  );
}

/** Takes the project for this shop, whose SHOP_ID must be in its `.env`. Throws a UsageError when another one has it. */
export async function claimProject(docker: Docker, places: Places): Promise<void> {
  await refuseOtherOwner(docker, places);
  const labels = [
    `${projectLabel}=${projectName(places)}`,
    'com.docker.compose.volume=owner',
    `${idLabel}=${readShopId(places)}`,
    `${folderLabel}=${presentFolder(places)}`,
  ];
  // A volume of this name that is there already stays as it is.
  await docker('volume', 'create', ...labels.flatMap((label) => ['--label', label]), ownerVolume(places));
  await refuseOtherOwner(docker, places);
}

/** Gives the project up, once its data is deleted. */
export async function releaseProject(docker: Docker, places: Places): Promise<void> {
  await docker('volume', 'rm', '--force', ownerVolume(places));
}

/** Refuses to delete volumes that an earlier version or plain Compose made, when nothing tells whose they are. */
export async function refuseNobodysVolumes(docker: Docker, places: Places): Promise<void> {
  if ((await readOwners(docker, places)).length > 0) return;
  throw new UsageError(
    `The volumes of the Compose project ${projectName(places)} do not say whose they are. If they are this shop's, ./start.sh opens it with them; after that ./stop.sh --reset deletes them.`,
  );
}

async function refuseOtherOwner(docker: Docker, places: Places): Promise<void> {
  const other = await findOtherOwner(docker, places);
  if (other !== undefined) throw projectOfOther(other, places);
}

/** The shop that took the project, or else those whose containers are in it. */
async function readOwners(docker: Docker, places: Places): Promise<readonly Owner[]> {
  const list = async (kind: string, ...options: readonly string[]) =>
    linesOf(await docker(kind, 'ls', '--filter', `label=${projectLabel}=${projectName(places)}`, ...options));
  const format = `{{.Label "${idLabel}"}} {{.Label "${folderLabel}"}}`;
  const claims = await list('volume', '--filter', `label=${idLabel}`, '--format', format);
  // Containers tell the clone, but not the home.
  if (claims.length > 0 || !isDefaultHome(places)) {
    return claims.map((line) => {
      const [id = '', ...folder] = line.split(' ');
      return { id, folder: folder.join(' ') };
    });
  }
  const clone = '{{.Label "com.docker.compose.project.working_dir"}}';
  return (await list('container', '--all', '--format', clone)).map((folder) => ({ folder }));
}

/** A shop that was moved keeps its id, and so does a copy, which is another shop while the first is in its folder. */
function isThisShop({ folder, id }: Owner, places: Places): boolean {
  if (id === undefined) return isSame(folder, ownFolder(places));
  return id === readShopId(places) && (isGone(folder) || isSame(folder, presentFolder(places)));
}

function readShopId({ envFile }: Places): string | undefined {
  return readEnvFile(envFile).SHOP_ID;
}

function ownerVolume(places: Places): string {
  return `${projectName(places)}_owner`;
}

function linesOf(output: string): string[] {
  return output.split('\n').filter((line) => line !== '');
}

function isSame(folder: string, other: string): boolean {
  return realPath(folder) === realPath(other);
}

function realPath(folder: string): string {
  try {
    // The other realpathSync keeps the case of the letters as it was typed.
    return realpathSync.native(folder);
  } catch {
    return folder;
  }
}
