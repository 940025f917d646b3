-- No month has less than no revenue.
AUDIT (
  name revenue_is_positive
);

SELECT
  *
FROM @this_model
WHERE
  total_revenue < 0 OR total_advances < 0;

AUDIT (
  name churn_risk_is_a_share
);

SELECT
  *
FROM @this_model
WHERE
  NOT churn_risk BETWEEN 0 AND 1;

AUDIT (
  name engagement_is_a_score
);

SELECT
  *
FROM @this_model
WHERE
  NOT engagement_score BETWEEN 0 AND 100;

-- Where every repayment of a month came in time, nothing of it is overdue.
AUDIT (
  name delinquency_follows_repayment
);

SELECT
  *
FROM @this_model
WHERE
  repayment_status IN ('on_time', 'early') AND payment_delinquency NOT IN ('no_delinquency', 'N/A')
