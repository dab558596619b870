/** How long a promise that was just made takes, in milliseconds. */
export async function elapsed<Value>(promise: Promise<Value>): Promise<{ value: Value; ms: number }> {
  const startedAt = performance.now();
  const value = await promise;
  return { value, ms: performance.now() - startedAt };
}
