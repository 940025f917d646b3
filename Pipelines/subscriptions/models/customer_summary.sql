/* Every user in every month, whether anything happened in it or not: what is missing is 0, or 'N/A' for text. */
MODEL (
  name analytics.customer_summary,
  kind FULL,
  description 'One row for each user and month of the years covered: revenue, advances, churn and engagement.',
  column_descriptions (
    user_id = 'The user',
    month = 'The first day of the month, in UTC',
    month_name = 'The month in words, such as January 2024',
    churn_risk = 'The highest risk seen in the month, from 0 to 1',
    engagement_score = 'The average of the month, from 0 to 100'
  ),
  grain (user_id, month),
  tags (subscriptions),
  audits (
    not_null(columns := (user_id, month, region, subscription_plan, user_segment)),
    unique_combination_of_columns(columns := (user_id, month)),
    accepted_values(column := repayment_status, is_in := ('on_time', 'delayed', 'early', 'N/A')),
    accepted_values(column := revenue_trend, is_in := ('growing', 'stable', 'declining', 'N/A')),
    accepted_values(
      column := payment_delinquency,
      is_in := ('no_delinquency', 'payment_failure', 'no_payment', 'N/A')
    ),
    churn_risk_is_a_share,
    engagement_is_a_score,
    delinquency_follows_repayment
  )
);

WITH users AS (
  SELECT
    user_id
  FROM raw.raw_subscription_events
  UNION
  SELECT
    user_id
  FROM raw.raw_revenue_events
  UNION
  SELECT
    user_id
  FROM raw.raw_churn_events
  UNION
  SELECT
    user_id
  FROM raw.raw_customer_engagement_events
), months AS (
  SELECT
    CAST(series.month AS DATE) AS month
  FROM GENERATE_SERIES(
    CAST(@first_month AS TIMESTAMP),
    CAST(@last_month AS TIMESTAMP),
    INTERVAL '1 month'
  ) AS series(month)
), subscriptions AS (
  SELECT
    user_id,
    CAST(DATE_TRUNC('month', event_time) AS DATE) AS month,
    MAX(region) AS region,
    MAX(subscription_plan) AS subscription_plan,
    MAX(user_segment) AS user_segment,
    SUM(subscription_amount) AS subscription_amount,
    AVG(growth_rate) AS growth_rate
  FROM raw.raw_subscription_events
  GROUP BY
    user_id,
    CAST(DATE_TRUNC('month', event_time) AS DATE)
), revenue AS (
  SELECT
    user_id,
    CAST(DATE_TRUNC('month', event_time) AS DATE) AS month,
    SUM(payment_amount) AS total_revenue,
    SUM(advance_amount) AS total_advances,
    /* The worst of the month: delayed comes before early and on_time. */
    MIN(repayment_status) AS repayment_status,
    MAX(revenue_trend) AS revenue_trend,
    MAX(payment_delinquency) FILTER(WHERE payment_delinquency <> 'no_delinquency') AS payment_delinquency,
    COUNT(*) AS payments
  FROM raw.raw_revenue_events
  GROUP BY
    user_id,
    CAST(DATE_TRUNC('month', event_time) AS DATE)
), churn AS (
  SELECT
    user_id,
    CAST(DATE_TRUNC('month', event_time) AS DATE) AS month,
    MAX(churn_risk) AS churn_risk,
    MAX(cancellation_reason) AS cancellation_reason,
    SUM(support_ticket_count) AS support_tickets
  FROM raw.raw_churn_events
  GROUP BY
    user_id,
    CAST(DATE_TRUNC('month', event_time) AS DATE)
), engagement AS (
  SELECT
    user_id,
    CAST(DATE_TRUNC('month', event_time) AS DATE) AS month,
    AVG(engagement_score) AS engagement_score,
    SUM(session_duration) AS session_duration,
    SUM(login_count) AS logins,
    SUM(feature_interaction_count) AS feature_interactions
  FROM raw.raw_customer_engagement_events
  GROUP BY
    user_id,
    CAST(DATE_TRUNC('month', event_time) AS DATE)
)
SELECT
  users.user_id,
  months.month,
  CAST(EXTRACT(YEAR FROM months.month) AS INTEGER) AS year,
  TO_CHAR(months.month, 'FMMonth YYYY') AS month_name,
  COALESCE(subscriptions.region, 'N/A') AS region,
  COALESCE(subscriptions.subscription_plan, 'N/A') AS subscription_plan,
  COALESCE(subscriptions.user_segment, 'N/A') AS user_segment,
  COALESCE(subscriptions.subscription_amount, 0) AS subscription_amount,
  COALESCE(subscriptions.growth_rate, 0) AS growth_rate,
  COALESCE(revenue.total_revenue, 0) AS total_revenue,
  COALESCE(revenue.total_advances, 0) AS total_advances,
  COALESCE(revenue.repayment_status, 'N/A') AS repayment_status,
  COALESCE(revenue.revenue_trend, 'N/A') AS revenue_trend,
  CASE
    WHEN revenue.payments > 0 THEN COALESCE(revenue.payment_delinquency, 'no_delinquency')
    ELSE 'N/A'
  END AS payment_delinquency,
  COALESCE(churn.churn_risk, 0) AS churn_risk,
  COALESCE(churn.cancellation_reason, 'N/A') AS cancellation_reason,
  COALESCE(churn.support_tickets, 0) AS support_tickets,
  COALESCE(engagement.engagement_score, 0) AS engagement_score,
  COALESCE(engagement.session_duration, 0) AS session_duration,
  COALESCE(engagement.logins, 0) AS logins,
  COALESCE(engagement.feature_interactions, 0) AS feature_interactions
FROM users
CROSS JOIN months
LEFT JOIN subscriptions
  ON subscriptions.user_id = users.user_id AND subscriptions.month = months.month
LEFT JOIN revenue
  ON revenue.user_id = users.user_id AND revenue.month = months.month
LEFT JOIN churn
  ON churn.user_id = users.user_id AND churn.month = months.month
LEFT JOIN engagement
  ON engagement.user_id = users.user_id AND engagement.month = months.month
