import type { LiveKitJobContext, LiveKitModule } from './livekit-module.js';

/** What it takes to do something when a job ends. */
type EndingJob = Pick<LiveKitJobContext, 'addShutdownCallback'>;

/** The jobs that run in this process: which one is running now, and what to do when it ends. */
export class LiveKitJobs {
  readonly #modules: LiveKitModule[] = [];
  /** What is to be done at the end of each job that was hooked. */
  readonly #hooked = new WeakMap<EndingJob, (() => void)[]>();
  readonly #onJobEnd: () => Promise<void>;

  constructor(onJobEnd: () => Promise<void>) {
    this.#onJobEnd = onJobEnd;
  }

  addModule(module: LiveKitModule): void {
    if (!this.#modules.includes(module)) this.#modules.push(module);
  }

  /** The job in whose context this is called; LiveKit keeps it in async-local storage (`job.ts`). */
  current(): LiveKitJobContext | undefined {
    for (const module of this.#modules) {
      const job = jobOf(module);
      if (job !== undefined) return job;
    }
    return undefined;
  }

  /** LiveKit's own task (`utils.ts`) in which this is called: the innermost of nested ones. */
  currentTask(): object | undefined {
    for (const { Task } of this.#modules) {
      const task = Task?.current?.();
      if (typeof task === 'object' && task !== null) return task;
    }
    return undefined;
  }

  /** Sid of the room of the running job. LiveKit knows it from the start, connected or not. */
  roomSid(): string | undefined {
    const sid = this.current()?.job?.room?.sid;
    return sid === '' ? undefined : sid;
  }

  /**
   * Whether the running job's project, or its `record: { redaction: true }`, mandates redaction.
   * LiveKit marks spans with it only where it records to LiveKit Cloud, and its own filter asks the
   * job as well: so does this. A question that throws counts as a yes.
   */
  mandatesRedaction(): boolean {
    try {
      if (this.current()?.job?.enableRedaction === true) return true;
      return this.#modules.some(({ telemetry }) => telemetry.redactionEnabled?.() === true);
    } catch {
      return true;
    }
  }

  /**
   * Has the running job flush when it ends: LiveKit leaves the job's process with `process.exit(0)`
   * and flushes nobody's provider. Once for each job.
   */
  hookCurrent(): void {
    const job = this.current();
    if (job !== undefined) this.#hook(job);
  }

  /** Has something done when a job ends, before the flush: LiveKit runs its callbacks side by side. */
  beforeEnd(job: EndingJob, work: () => void): void {
    this.#hook(job).push(work);
  }

  #hook(job: EndingJob): (() => void)[] {
    const known = this.#hooked.get(job);
    if (known !== undefined) return known;
    const works: (() => void)[] = [];
    this.#hooked.set(job, works);
    job.addShutdownCallback(() => {
      for (const work of works) work();
      return this.#onJobEnd();
    });
    return works;
  }
}

/** Early versions (1.0.51 among them) know no `false` and throw outside a job. */
function jobOf({ getJobContext }: LiveKitModule): LiveKitJobContext | undefined {
  try {
    return getJobContext?.(false);
  } catch {
    return undefined;
  }
}
