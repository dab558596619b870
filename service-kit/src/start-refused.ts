/** A reason not to start, in words that tell the operator what to do. It is no bug, so its stack is not shown. */
export class StartRefused extends Error {
  override name = 'StartRefused';
}
