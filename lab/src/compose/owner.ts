import { realpathSync } from 'node:fs';
import { UsageError } from '../lab-error.ts';
import type { Places } from '../settings.ts';
import { type Docker, isDefaultHome, isGone, ownFolder, projectName } from './compose.ts';

// All clones with a home at its usual place share the Compose project `vitrine`. Whose it is, its volumes say: they
// outlive the containers. scripts/without-node.sh follows the same rules.

const folderLabel = 'vitrine.folder';
const projectLabel = 'com.docker.compose.project';

/** Resolves to the folder of another shop whose project it is; to undefined when it may be this one's. */
export async function findOtherOwner(docker: Docker, places: Places): Promise<string | undefined> {
  const owners = await readOwners(docker, places);
  return owners.find((folder) => !isSame(folder, ownFolder(places)));
}

/** The refusal to touch the project of the shop in `folder`. */
export function projectOfOther(folder: string, places: Places): UsageError {
  const project = projectName(places);
  const [where, wayOut] = isGone(folder)
    ? [
        `${folder}, which is no longer there`,
        `To delete it and its data: docker compose --project-name ${project} down --volumes`,
      ]
    : [folder, 'To delete that shop and its data: ./stop.sh --reset there.'];
  return new UsageError(
    `The containers and volumes of the Compose project ${project} are those of the shop in ${where}. ${wayOut}\nTo have a shop beside it: VITRINE_HOME=/a/new/folder ./start.sh, or without Docker ./start.sh --native`,
  );
}

/**
 * Creates the missing volumes of the project, labelled as this shop's; Compose takes them as its own. When two clones do
 * so at once, the one that makes the first volume has the project, and the other one throws.
 */
export async function claimVolumes(docker: Docker, compose: Docker, places: Places): Promise<void> {
  const project = projectName(places);
  const wanted = linesOf(await compose('config', '--volumes')).sort();
  const filter = ['--filter', `label=${projectLabel}=${project}`];
  const present = linesOf(await docker('volume', 'ls', '--quiet', ...filter));
  for (const volume of wanted.filter((name) => !present.includes(`${project}_${name}`))) {
    const labels = [
      `${projectLabel}=${project}`,
      `com.docker.compose.volume=${volume}`,
      `${folderLabel}=${ownFolder(places)}`,
    ];
    await docker(
      'volume',
      'create',
      ...labels.flatMap((label) => ['--label', label]),
      `${project}_${volume}`,
    );
    const other = await findOtherOwner(docker, places);
    if (other !== undefined) throw projectOfOther(other, places);
  }
}

/** Refuses to delete volumes that an earlier version or plain Compose made, once no container tells whose they are. */
export async function refuseNobodysVolumes(docker: Docker, places: Places): Promise<void> {
  if (!isDefaultHome(places) || (await readOwners(docker, places)).length > 0) return;
  throw new UsageError(
    `The volumes of the Compose project ${projectName(places)} do not say whose they are. If they are this shop's, ./start.sh opens it with them; after that ./stop.sh --reset deletes them.`,
  );
}

/** The folders of the shops whose volumes, or else whose containers, are in the project. */
async function readOwners(docker: Docker, places: Places): Promise<readonly string[]> {
  const valuesOf = async (label: string, ...list: readonly string[]) =>
    linesOf(
      await docker(
        ...list,
        '--filter',
        `label=${projectLabel}=${projectName(places)}`,
        '--format',
        `{{.Label "${label}"}}`,
      ),
    );
  const labelled = await valuesOf(folderLabel, 'volume', 'ls');
  // Containers tell the clone, but not the home.
  if (labelled.length > 0 || !isDefaultHome(places)) return labelled;
  return valuesOf('com.docker.compose.project.working_dir', 'container', 'ls', '--all');
}

function linesOf(output: string): string[] {
  return output.split('\n').filter((line) => line !== '');
}

function isSame(folder: string, other: string): boolean {
  return realPath(folder) === realPath(other);
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
