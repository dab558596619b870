/** Connects a long task to the user: `report` writes a line, `signal` interrupts the task. */
export type Progress = { report: (line: string) => void; signal: AbortSignal };
