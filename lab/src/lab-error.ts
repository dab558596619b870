/** A failure that its message explains to the person at the terminal; no stack trace is shown. */
export class LabError extends Error {
  override name = 'LabError';
}

/** The command asks for something that does not exist or is not allowed: exit status 2. */
export class UsageError extends LabError {
  override name = 'UsageError';
}
