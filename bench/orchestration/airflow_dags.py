"""The benchmark's DAGs for Airflow. Python tasks that do nothing: an EmptyOperator's never leaves the scheduler."""

from airflow.sdk import DAG, task


@task
def no_op():
    return None


with DAG("chain-40", schedule=None):
    before = None
    for index in range(40):
        this = no_op.override(task_id=f"t{index}")()
        if before is not None:
            before >> this
        before = this

with DAG("fan-out-100", schedule=None):
    root = no_op.override(task_id="root")()
    for index in range(100):
        root >> no_op.override(task_id=f"t{index}")()
