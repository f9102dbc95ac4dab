-- One row per user who has tasks, ranked within the team by productivity: estimated hours of the done tasks per hour of
-- work they took. Aggregated before the user's name is joined, as in project-metrics.sql.
WITH metrics AS (
  SELECT
    user_id,
    count(*) AS tasks,
    count_if(status = 'done') AS done,
    count_if(status = 'cancelled') AS cancelled,
    count_if(status = 'blocked') AS blocked,
    count_if(status = 'in_progress') AS in_progress,
    count_if(status = 'todo') AS todo,
    count_if(status = 'done') / count(*) AS completion_rate,
    coalesce(sum(duration_hours), 0) AS hours_total,
    avg(duration_hours) AS hours_mean,
    percentile(duration_hours, array(0.5, 0.95)) AS hours_percentiles, -- both from one pass
    stddev_samp(duration_hours) AS hours_stddev,
    sum(duration_hours) / sum(estimated_hours) FILTER (WHERE duration_hours IS NOT NULL) AS overrun_ratio,
    avg(CAST(overrun_hours > 0 AS int)) AS overrun_share, -- of the done tasks
    avg(lead_time_hours) AS lead_time_mean_hours,
    size(collect_set(project_id)) AS projects,
    count(*) / greatest(1, datediff(max(created_on), min(created_on)) / 7D) AS tasks_per_week,
    sum(estimated_hours) FILTER (WHERE duration_hours IS NOT NULL) / nullif(sum(duration_hours), 0) AS productivity
  FROM enriched_tasks
  GROUP BY user_id
)
SELECT
  user_id,
  users.name AS user_name,
  users.team,
  users.seniority,
  metrics.* EXCEPT (user_id, hours_percentiles),
  hours_percentiles[0] AS hours_median,
  hours_percentiles[1] AS hours_p95,
  rank() OVER (PARTITION BY users.team ORDER BY productivity DESC NULLS LAST) AS rank_in_team,
  count(*) OVER (PARTITION BY users.team) AS team_size
FROM metrics
JOIN users USING (user_id)
