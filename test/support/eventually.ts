// Waiting for what comes about elsewhere.

/** Waits until a condition holds, at most twenty seconds: at once as a rule, some seconds on a machine with other work. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; ) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('it did not come about')
}
