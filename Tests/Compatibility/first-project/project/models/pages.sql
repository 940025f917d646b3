MODEL (
  name first.pages,
  kind FULL,
  cron '@daily',
  grain page_id,
  audits (assert_positive_pages),
);

SELECT
  page_id,
  COUNT(DISTINCT id) AS visits,
FROM
  first.visits
GROUP BY page_id
  