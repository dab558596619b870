import { type Program, type ProgramName, programs } from './programs.ts';

/** The arguments of `go`, run in the program's module, that compile it to `output`. */
export function goArguments(name: ProgramName, output: string): string[] {
  const { mainPackage, tags = '', version, versionVariable }: Program = programs[name];
  const stamp = versionVariable ? ` -X ${versionVariable}=${version}` : '';
  const options = [
    '-mod=readonly',
    '-trimpath',
    '-buildvcs=false',
    `-tags=${tags}`,
    `-ldflags=-s -w${stamp}`,
  ];
  return ['build', ...options, '-o', output, mainPackage];
}
