/** A job as Spark's own monitoring REST API reports it, with the ids of the Spark Connect operation it belongs to. */
export type SparkJob = { jobId: number; status: string; sessionId: string; operationId: string };

type RawJob = { jobId: number; status: string; jobTags?: string[] };

/** What the server itself knows of its Connect jobs, or of those that run now, by its web UI at `uiUrl`. */
export async function sparkJobs(uiUrl: string, which: 'all' | 'running' = 'all'): Promise<SparkJob[]> {
  const applications = (await (await fetch(`${uiUrl}/api/v1/applications`)).json()) as { id: string }[];
  const url = `${uiUrl}/api/v1/applications/${applications[0]?.id}/jobs${which === 'all' ? '' : '?status=running'}`;
  const jobs = (await (await fetch(url)).json()) as RawJob[];
  return jobs.flatMap(({ jobId, status, jobTags = [] }) => {
    const ids = /Session_([0-9a-f-]{36})_Operation_([0-9a-f-]{36})/.exec(jobTags.join(' '));
    return ids?.[1] === undefined || ids[2] === undefined
      ? []
      : [{ jobId, status, sessionId: ids[1], operationId: ids[2] }];
  });
}
