"""The chat page: a question in, the query, its rows, a chart and the receipt out. Needs the extra `chat`."""
