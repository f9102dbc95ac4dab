-- One row per task with its project and user, and what follows from its own columns. Hours by the clock come from the
-- times, hours of work from duration_hours, which only done tasks have.
SELECT
  tasks.*,
  projects.name AS project_name,
  projects.department,
  users.name AS user_name,
  users.team,
  users.seniority,
  status = 'done' AS is_done,
  to_date(created_at) AS created_on,
  to_date(finished_at) AS finished_on,
  weekday(created_at) + 1 AS created_weekday, -- ISO: Monday is 1
  hour(created_at) AS created_hour,
  (unix_micros(started_at) - unix_micros(created_at)) / 3.6E9D AS wait_hours,
  (unix_micros(finished_at) - unix_micros(created_at)) / 3.6E9D AS lead_time_hours,
  duration_hours / nullif(estimated_hours, 0) AS overrun_ratio,
  duration_hours - estimated_hours AS overrun_hours,
  datediff(created_at, hired_on) / 365.25D AS tenure_years
FROM tasks
JOIN projects ON projects.project_id = tasks.project_id
JOIN users ON users.user_id = tasks.user_id
