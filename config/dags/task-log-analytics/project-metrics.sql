-- One row per project that has tasks. The tasks are aggregated before the project's name is joined, and distinct users
-- are counted as a set: count(DISTINCT …) beside percentiles would shuffle far more.
WITH metrics AS (
  SELECT
    project_id,
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
    avg(complexity) AS complexity_mean,
    size(collect_set(user_id)) AS users,
    count(*) / greatest(1, datediff(max(created_on), min(created_on)) / 7D) AS tasks_per_week
  FROM enriched_tasks
  GROUP BY project_id
)
SELECT
  project_id,
  projects.name AS project_name,
  projects.department,
  projects.budget_hours,
  metrics.* EXCEPT (project_id, hours_percentiles),
  hours_percentiles[0] AS hours_median,
  hours_percentiles[1] AS hours_p95,
  hours_total / nullif(budget_hours, 0) AS budget_used_ratio
FROM metrics
JOIN projects USING (project_id)
