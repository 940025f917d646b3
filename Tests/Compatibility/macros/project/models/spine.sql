MODEL (name m.spine, kind FULL);
WITH days AS (@DATE_SPINE('day', '2025-11-01', '2025-11-05')) SELECT date_day::date AS d, (SELECT COUNT(*) FROM src.sales s WHERE s.ds = days.date_day) AS n FROM days
