/** What Spark did in a span of time, by its own record. */
export type SparkWork = {
  jobs: number;
  tasks: number;
  /** Time in which at least one job ran. */
  busySeconds: number;
};

type Job = { submissionTime: string; completionTime?: string; numCompletedTasks: number };

/** A Spark server's web API. */
export class SparkRecord {
  private constructor(
    private readonly application: string,
    /** Of Spark and the Java that it runs on. */
    readonly versions: { spark: string; java: string },
  ) {}

  static async open(uiUrl: string): Promise<SparkRecord> {
    const api = `${uiUrl}/api/v1`;
    const [application] = await get<{ id: string }[]>(`${api}/applications`);
    const url = `${api}/applications/${application?.id}`;
    const { spark } = await get<{ spark: string }>(`${api}/version`);
    const { runtime } = await get<{ runtime: { javaVersion: string } }>(`${url}/environment`);
    return new SparkRecord(url, { spark, java: runtime.javaVersion.replace(/ .*/, '') });
  }

  /** What was done by jobs that were submitted between two times, in milliseconds since 1970. */
  async workBetween(from: number, to: number): Promise<SparkWork> {
    const jobs = (await get<Job[]>(`${this.application}/jobs`))
      .map(({ submissionTime, completionTime, numCompletedTasks }) => ({
        start: time(submissionTime),
        end: completionTime === undefined ? to : time(completionTime),
        tasks: numCompletedTasks,
      }))
      .filter(({ start }) => start >= from && start <= to)
      .sort((a, b) => a.start - b.start);
    let busy = 0;
    let covered = from;
    for (const { start, end } of jobs) {
      busy += Math.max(0, end - Math.max(start, covered));
      covered = Math.max(covered, end);
    }
    return {
      jobs: jobs.length,
      tasks: jobs.reduce((sum, { tasks }) => sum + tasks, 0),
      busySeconds: busy / 1000,
    };
  }
}

/** Spark writes `2026-01-31T12:00:00.000GMT`. */
const time = (text: string): number => Date.parse(text.replace('GMT', 'Z'));

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as T;
}
