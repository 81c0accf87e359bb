"""SpiffWorkflow as it comes, with its own parser and serializer, its state in one row; for comparison alone.

Its script engine evaluates Python, so it is given the benchmark's own drawing and nothing from outside.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from tests.torture.drawn import Drawing
from tests.torture.world import World

MAKE = "CREATE TABLE IF NOT EXISTS bench_stock (id INTEGER PRIMARY KEY, state TEXT NOT NULL)"


class Stock:
    """Cases of one drawing, each a serialized workflow in a row."""

    def __init__(self, world: World, drawing: Drawing) -> None:
        parser = BpmnParser()
        # its timers want quotes around a duration
        xml = drawing.xml().replace(b">P20D<", b'>"P20D"<')
        parser.add_bpmn_io(io.BytesIO(etree.tostring(etree.fromstring(xml))))
        self.spec = parser.get_spec(drawing.key)
        self.serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
        self.engine = world.home.engine
        self.mark = "%s" if self.engine.dialect.name == "postgresql" else "?"
        self.count = 0
        with self.engine.begin() as connection:
            connection.exec_driver_sql(MAKE)
            self.count = int(connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM bench_stock").scalar() or 0)

    def launch(self, rows: list[list[tuple[str, Any]]]) -> float:
        """Seconds to open cases, one commit each, with the same rows beside the state that ours leaves."""
        began = time.perf_counter()
        for beside in rows:
            self._open(beside)
        return time.perf_counter() - began

    def complete(self, count: int, rows: Callable[[], list[tuple[str, Any]]]) -> tuple[float, float]:
        """Seconds to load a case, complete its open step and save it, on the wall and of the processor.

        rows: what is written beside it, so that it leaves behind what our verb leaves.
        """
        opened = [(self._open(), rows()) for _number in range(count)]
        began, worked = time.perf_counter(), time.process_time()
        for number, beside in opened:
            self._step(number, beside)
        return (time.perf_counter() - began) / count, (time.process_time() - worked) / count

    def _open(self, beside: list[tuple[str, Any]] | None = None) -> int:
        self.count += 1
        workflow = BpmnWorkflow(self.spec)
        workflow.do_engine_steps()
        state = self.serializer.serialize_json(workflow)
        with self.engine.begin() as connection:
            marks = f"{self.mark}, {self.mark}"
            connection.exec_driver_sql(f"INSERT INTO bench_stock (id, state) VALUES ({marks})", (self.count, state))
            for statement, parameters in beside or ():
                connection.exec_driver_sql(statement, parameters)
        return self.count

    def _step(self, number: int, beside: list[tuple[str, Any]]) -> None:
        with self.engine.begin() as connection:
            found = connection.exec_driver_sql(f"SELECT state FROM bench_stock WHERE id = {self.mark}", (number,))
            workflow = self.serializer.deserialize_json(found.scalar_one())
            task = next(one for one in workflow.get_tasks(state=TaskState.READY) if one.task_spec.manual)
            task.data["note"] = "as declared"
            task.run()
            workflow.do_engine_steps()
            state = self.serializer.serialize_json(workflow)
            connection.exec_driver_sql(
                f"UPDATE bench_stock SET state = {self.mark} WHERE id = {self.mark}", (state, number)
            )
            for statement, parameters in beside:
                connection.exec_driver_sql(statement, parameters)
