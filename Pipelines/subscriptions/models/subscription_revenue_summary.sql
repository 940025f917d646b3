MODEL (
  name analytics.subscription_revenue_summary,
  kind FULL,
  description 'One row for each user and month with a subscription or a payment: what was billed, paid and advanced.',
  column_descriptions (
    user_id = 'The user',
    month = 'The first day of the month, in UTC',
    total_revenue = 'Sum of payments',
    total_advances = 'Sum of advances'
  ),
  grain (user_id, month),
  tags (subscriptions),
  audits (
    not_null(columns := (user_id, month, region, subscription_plan, user_segment)),
    unique_combination_of_columns(columns := (user_id, month)),
    revenue_is_positive
  )
);

WITH revenue AS (
  SELECT
    user_id,
    CAST(DATE_TRUNC('month', event_time) AS DATE) AS month,
    SUM(payment_amount) AS total_revenue,
    SUM(advance_amount) AS total_advances,
    AVG(repayment_percentage) AS average_repayment_percentage,
    COUNT(*) AS payments,
    MAX(payment_delinquency) AS payment_delinquency
  FROM raw.raw_revenue_events
  GROUP BY
    user_id,
    CAST(DATE_TRUNC('month', event_time) AS DATE)
), subscriptions AS (
  SELECT
    user_id,
    CAST(DATE_TRUNC('month', event_time) AS DATE) AS month,
    MAX(region) AS region,
    MAX(subscription_plan) AS subscription_plan,
    MAX(user_segment) AS user_segment,
    SUM(subscription_amount) AS subscription_amount,
    SUM(annualized_revenue) AS annualized_revenue,
    AVG(growth_rate) AS growth_rate
  FROM raw.raw_subscription_events
  GROUP BY
    user_id,
    CAST(DATE_TRUNC('month', event_time) AS DATE)
)
SELECT
  COALESCE(revenue.user_id, subscriptions.user_id) AS user_id,
  COALESCE(revenue.month, subscriptions.month) AS month,
  COALESCE(subscriptions.region, 'N/A') AS region,
  COALESCE(subscriptions.subscription_plan, 'N/A') AS subscription_plan,
  COALESCE(subscriptions.user_segment, 'N/A') AS user_segment,
  COALESCE(subscriptions.subscription_amount, 0) AS subscription_amount,
  COALESCE(subscriptions.annualized_revenue, 0) AS annualized_revenue,
  COALESCE(subscriptions.growth_rate, 0) AS growth_rate,
  COALESCE(revenue.total_revenue, 0) AS total_revenue,
  COALESCE(revenue.total_advances, 0) AS total_advances,
  COALESCE(revenue.average_repayment_percentage, 0) AS average_repayment_percentage,
  COALESCE(revenue.payments, 0) AS payments,
  COALESCE(revenue.payment_delinquency, 'N/A') AS payment_delinquency
FROM revenue
FULL JOIN subscriptions
  ON revenue.user_id = subscriptions.user_id AND revenue.month = subscriptions.month
