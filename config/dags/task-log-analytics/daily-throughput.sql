-- One row per day on which tasks were created or finished, with averages of the seven days up to it.
WITH days AS (
  SELECT created_on AS day, 1 AS created, 0 AS done, 0D AS hours FROM enriched_tasks
  UNION ALL
  SELECT finished_on, 0, 1, duration_hours FROM enriched_tasks WHERE is_done
)
SELECT
  day,
  sum(created) AS created,
  sum(done) AS done,
  sum(hours) AS hours,
  avg(sum(created)) OVER last_week AS created_7d_mean,
  avg(sum(done)) OVER last_week AS done_7d_mean
FROM days
GROUP BY day
WINDOW last_week AS (ORDER BY day RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW)
