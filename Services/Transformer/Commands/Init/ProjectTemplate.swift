/// The files of a project to begin with.
enum ProjectTemplate {
    /// Texts by path.
    static let files = [
        "config.yaml": """
        gateways:
          warehouse:
            connection:
              type: postgres # where POSTGRES_HOST and its kin point

        default_gateway: warehouse

        model_defaults:
          dialect: postgres
          cron: '@daily'

        """,
        "seeds/orders.csv": """
        order_id,customer,ordered_at,amount
        1,ada,2024-01-01 09:00:00,20.00
        2,bob,2024-01-01 10:30:00,5.50
        3,ada,2024-01-02 12:00:00,7.25
        4,eve,2024-01-03 08:15:00,100.00
        5,bob,2024-01-03 18:45:00,12.00
        6,ada,2024-01-05 07:00:00,3.00

        """,
        "models/orders.sql": """
        MODEL (
          name shop.orders,
          kind SEED (
            path '../seeds/orders.csv'
          ),
          description 'Orders as they came, from a file.',
          columns (
            order_id INT,
            customer TEXT,
            ordered_at TIMESTAMP,
            amount NUMERIC
          ),
          grain order_id,
          audits (
            not_null(columns := (order_id, customer, ordered_at, amount)),
            unique_values(columns := (order_id))
          )
        );

        """,
        "models/daily_sales.sql": """
        MODEL (
          name shop.daily_sales,
          kind INCREMENTAL_BY_TIME_RANGE (
            time_column day
          ),
          start '2024-01-01',
          description 'What was sold on each day.',
          grain day,
          audits (
            unique_values(columns := (day)),
            sales_are_positive
          )
        );

        SELECT CAST(ordered_at AS date) AS day, COUNT(*) AS orders, SUM(amount) AS sales
        FROM shop.orders
        WHERE CAST(ordered_at AS date) BETWEEN @start_date AND @end_date
        GROUP BY CAST(ordered_at AS date)

        """,
        "models/customers.sql": """
        MODEL (
          name shop.customers,
          kind FULL,
          description 'Who buys, and how much.',
          grain customer,
          audits (unique_values(columns := (customer)))
        );

        SELECT customer, COUNT(*) AS orders, SUM(amount) AS spent, MAX(ordered_at) AS last_ordered_at
        FROM shop.orders
        GROUP BY customer

        """,
        "audits/sales_are_positive.sql": """
        AUDIT (
          name sales_are_positive
        );

        SELECT *
        FROM @this_model
        WHERE sales <= 0

        """,
        "tests/daily_sales.yaml": """
        orders_are_added_up_by_day:
          model: shop.daily_sales
          inputs:
            shop.orders:
              columns:
                order_id: int
                customer: text
                ordered_at: timestamp
                amount: numeric
              rows:
                - {order_id: 1, customer: ada, ordered_at: '2024-01-01 09:00:00', amount: 2}
                - {order_id: 2, customer: bob, ordered_at: '2024-01-01 10:00:00', amount: 3}
                - {order_id: 3, customer: ada, ordered_at: '2024-01-02 00:00:00', amount: 4}
          vars:
            start: '2024-01-01'
            end: '2024-01-02'
          outputs:
            query:
              rows:
                - {day: '2024-01-01', orders: 2, sales: 5}
                - {day: '2024-01-02', orders: 1, sales: 4}

        """,
    ]
}
