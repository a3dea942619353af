"""Numbers of work orders, counted per day of the site."""

from sqlalchemy import Connection, update

from iot_maint.storage.relational.statements import insert_all_new
from iot_maint.storage.relational.tables.orders import order_numbers


def next_number(connection: Connection, day: str) -> str:
    """`WO-{day}-NNNN` for a day like 20261123; the counter stays locked to the commit, so no number is given twice."""
    insert_all_new(connection, order_numbers, [{"day": day, "last": 0}], unique=("day",))
    statement = (
        update(order_numbers)
        .where(order_numbers.c.day == day)
        .values(last=order_numbers.c.last + 1)
        .returning(order_numbers.c.last)
    )
    return f"WO-{day}-{connection.execute(statement).scalar_one():04}"
