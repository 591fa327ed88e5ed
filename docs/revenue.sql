SELECT store_id, SUM(quantity * unit_price) AS revenue
FROM orders JOIN order_line ON order_id = id GROUP BY store_id LIMIT 2
