/** Airflow's seconds by DAG id, and how it was set up. */
export type AirflowResult = { setting: string; seconds: Record<string, number> };
