"""The flagship pipeline by hand: the Spark work of ingest, transform and train as a PySpark script, without Nightjar.

Called with a JSON file that names the server, the raw data and the settings (see pyspark-run.ts). The last line that it
prints is JSON: the seconds of each stage, the rows that it wrote and the quality of the models.
"""

import json
import math
import platform
import sys
import time
from pathlib import Path

import pyarrow.parquet as parquet
from pyspark import __version__ as pyspark_version
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.clustering import KMeans
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.feature import PCA, SQLTransformer, StandardScaler, StringIndexer, VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.ml.regression import GBTRegressor, LinearRegression, RandomForestRegressor
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

with open(sys.argv[1]) as file:
    job = json.load(file)
raw, config = job["raw"], job["config"]
output, dag_folder = Path(job["output"]), Path(job["dagFolder"])

seconds: dict[str, float] = {}
rows: dict[str, int] = {}
metrics: dict[str, float] = {}


class Stage:
    """Times what happens within it."""

    def __init__(self, name: str):
        self.name = name

    def __enter__(self):
        self.start = time.monotonic()

    def __exit__(self, *_):
        seconds[self.name] = time.monotonic() - self.start


def connect() -> SparkSession:
    builder = SparkSession.builder.remote(job["remote"])
    for name, value in job["conf"].items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def write(name: str, data: DataFrame, *partitions: str, path: str | None = None) -> DataFrame:
    """Writes a dataset and counts its rows by the footers of its files."""
    folder = output / (path or name)
    data.write.mode("overwrite").partitionBy(*partitions).parquet(str(folder))
    files = folder.rglob("*.parquet")
    rows[name] = sum(parquet.read_metadata(file).num_rows for file in files)
    return spark.read.parquet(str(folder))


# Ingest

# Columns with their types; checks are conditions that good rows do not meet, by reason.
PROJECTS = {
    "project_id": "int",
    "name": "string",
    "department": "string",
    "budget_hours": "double",
    "started_on": "date",
}
USERS = {"user_id": "int", "name": "string", "team": "string", "seniority": "string", "hired_on": "date"}
TASKS = {
    "task_id": "bigint",
    "project_id": "int",
    "user_id": "int",
    "task_type": "string",
    "priority": "string",
    "status": "string",
    "created_at": "timestamp",
    "started_at": "timestamp",
    "finished_at": "timestamp",
    "estimated_hours": "double",
    "duration_hours": "double",
    "complexity": "int",
}
STATUSES = ["todo", "in_progress", "blocked", "done", "cancelled"]


def not_null(*columns: str) -> dict[str, F.Column]:
    return {f"{column}.notNull": F.col(column).isNull() for column in columns}


def one_of(column: str, values) -> dict[str, F.Column]:
    return {f"{column}.oneOf": ~F.col(column).isin(list(values))}


def outside(column: str, least: float, most: float = math.inf) -> dict[str, F.Column]:
    value = F.col(column)
    beyond = (value < least) if most == math.inf else (value < least) | (value > most)
    return {f"{column}.range": beyond | F.isnan(value.cast("double"))}


def ingest(
    name: str,
    columns: dict[str, str],
    key: str,
    checks: dict[str, F.Column],
    references: dict[str, DataFrame] | None = None,
    partition: tuple[str, F.Column] | None = None,
) -> DataFrame:
    """Parts good rows from bad ones; of rows with the same key the first stays."""
    files = sorted(str(file) for folder in raw[name] for file in Path(folder).rglob("*.parquet"))
    for file in files:
        missing = set(columns) - set(parquet.read_schema(file).names)
        if missing:
            raise ValueError(f"{file} has no {missing}")
    rows_read = sum(parquet.read_metadata(file).num_rows for file in files)

    schema = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    source = spark.read.schema(schema).parquet(*files).select(
        "*", F.expr("_metadata.file_path").alias("_source_file"), F.expr("_metadata.row_index").alias("_row_index")
    )
    # Positions in the order of files and rows.
    found = sorted(row[0] for row in source.where("_row_index = 0").select("_source_file").collect())
    numbers = spark.createDataFrame(list(enumerate(found)), "number bigint, path string")
    source = (
        source.join(F.broadcast(numbers), F.col("_source_file") == F.col("path"))
        .withColumn("_position", F.shiftleft("number", 40) + F.col("_row_index"))
        .drop("number", "path", "_row_index")
    )

    repeated = source.where(F.col(key).isNotNull()).groupBy(F.col(key).alias("_key"))
    firsts = repeated.agg(F.min("_position").alias("_first"), F.count("*").alias("_n")).where("_n > 1").drop("_n")
    firsts.write.mode("overwrite").parquet(str(output / f"duplicates_{name}"))
    firsts = spark.read.parquet(str(output / f"duplicates_{name}"))
    checked = source.join(firsts, F.col(key) == F.col("_key"), "left")
    checks = {**checks, f"{key}.unique": F.col("_first") != F.col("_position")}
    for column, target in (references or {}).items():
        known = target.select(F.col(column).alias(f"_known_{column}")).distinct()
        checked = checked.join(known, F.col(column) == F.col(f"_known_{column}"), "left")
        checks[f"{column}.references"] = F.col(column).isNotNull() & F.col(f"_known_{column}").isNull()

    is_bad = F.lit(False)
    for check in checks.values():
        is_bad = is_bad | F.coalesce(check, F.lit(False))
    reasons = F.array_compact(F.array(*(F.when(check, reason) for reason, check in checks.items())))
    bad = checked.where(is_bad).select(*columns, reasons.alias("_reasons"), "_source_file", "_position")
    quarantine = write(f"quarantine_{name}", bad)
    quarantine.select(F.explode("_reasons").alias("reason")).groupBy("reason").count().collect()

    good = source.join(quarantine.select("_position"), "_position", "left_anti").select(*columns)
    if partition is None:
        valid = write(name, good)
    else:
        column, value = partition
        valid = write(name, good.withColumn(column, value).hint("rebalance", column), column)
    if rows[name] + rows[f"quarantine_{name}"] != rows_read:
        raise ValueError(f"{name}: {rows_read} rows read, {rows[name]} + {rows[f'quarantine_{name}']} written")
    return valid


def ingest_all() -> None:
    generate = config["generate"]
    projects = ingest(
        "projects",
        PROJECTS,
        "project_id",
        not_null("project_id", "name", "department") | outside("budget_hours", 0),
    )
    users = ingest(
        "users",
        USERS,
        "user_id",
        not_null("user_id", "name", "team", "seniority", "hired_on") | one_of("seniority", generate["seniorities"]),
    )
    created, started, finished = (F.col(f"{what}_at") for what in ("created", "started", "finished"))
    tasks = ingest(
        "tasks",
        TASKS,
        "task_id",
        not_null("task_id", "project_id", "user_id", "task_type", "priority", "status", "created_at")
        | not_null("estimated_hours", "complexity")
        | one_of("task_type", generate["taskTypes"])
        | one_of("priority", generate["priorities"])
        | one_of("status", STATUSES)
        | outside("estimated_hours", 0, 1000)
        | outside("duration_hours", 0, 1000)
        | outside("complexity", 1, 5)
        | {
            "reversed_times": ~((created <= started) & (started <= finished)),
            "done_without_duration": (F.col("status") == "done") & F.col("duration_hours").isNull(),
        },
        references={"project_id": projects, "user_id": users},
        partition=("created_month", F.date_format("created_at", "yyyy-MM")),
    )
    for name, data in {"projects": projects, "users": users, "tasks": tasks}.items():
        data.createOrReplaceTempView(name)


# Transform


def transform() -> None:
    for name in ("enriched_tasks", "project_metrics", "user_metrics", "daily_throughput"):
        query = (dag_folder / "task-log-analytics" / f"{name.replace('_', '-')}.sql").read_text()
        write(name, spark.sql(query)).createOrReplaceTempView(name)


# Train


def cluster_projects() -> None:
    settings = config["models"]["clustering"]
    features = ["hours_median", "overrun_ratio", "complexity_mean", "completion_rate"]
    data = spark.table("project_metrics").dropna(subset=features)
    data = data.select("project_id", "project_name", "department", "tasks", *features)
    count = data.count()
    # A few hundred rows: quicker in one partition, and the order makes KMeans start from the same ones.
    data = data.coalesce(1).sortWithinPartitions(*features)
    statement = "SELECT *, log1p(hours_median) AS log1p_hours_median FROM __THIS__"
    encoder = Pipeline(
        stages=[
            SQLTransformer(statement=statement),
            VectorAssembler(inputCols=["log1p_hours_median", *features[1:]], outputCol="raw"),
            StandardScaler(inputCol="raw", outputCol="features", withMean=True),
        ]
    ).fit(data)
    standardised = encoder.transform(data)
    evaluator = ClusteringEvaluator(featuresCol="features", predictionCol="cluster")

    def fit(k: int):
        return KMeans(
            k=k, seed=settings["seed"], maxIter=settings["maxIter"], featuresCol="features", predictionCol="cluster"
        ).fit(standardised)

    silhouettes = {}
    for k in range(settings["k"]["min"], min(settings["k"]["max"], count - 1) + 1):
        silhouettes[k] = evaluator.evaluate(fit(k).transform(standardised))
    best = max(silhouettes, key=lambda k: (silhouettes[k], -k))
    pca = PCA(k=2, inputCol="features", outputCol="components").fit(standardised)
    model = PipelineModel(stages=[*encoder.stages, pca, fit(best)])
    model.write().overwrite().save(str(output / "models" / "projects"))
    components = vector_to_array("components")
    assigned = model.transform(data).select(
        *data.columns, "cluster", components[0].alias("pc1"), components[1].alias("pc2")
    )
    sizes = write("projects_assignments", assigned).groupBy("cluster").count().collect()
    metrics.update(
        {
            "projects.silhouette": silhouettes[best],
            "projects.k": best,
            "projects.smallestCluster": min(row["count"] for row in sizes),
        }
    )


CATEGORIES = ["task_type", "priority", "department", "team", "seniority", "project_id"]
NUMBERS = ["complexity", "tenure_years", "created_weekday", "created_hour"]
GROUP = ["task_type", "complexity"]


def regressor(settings: dict, categories: int):
    columns = {"featuresCol": "features", "labelCol": "label", "predictionCol": "log_prediction"}
    algorithm = settings["algorithm"]
    if algorithm == "linear":
        return LinearRegression(**columns, **settings["linear"])
    trees = settings["gbt" if algorithm == "gbt" else "randomForest"]
    make = GBTRegressor if algorithm == "gbt" else RandomForestRegressor
    bins = max(trees["maxBins"], categories + 1)
    return make(**columns, **{**trees, "maxBins": bins}, seed=settings["seed"])


def predict_durations() -> None:
    settings = config["models"]["durations"]
    seed = settings["seed"]

    def below(purpose: str, ratio: float) -> str:
        return f"pmod(xxhash64(task_id, '{purpose}', {seed}L), 1000000) < {round(ratio * 1e6)}"

    is_test = below("test", settings["testRatio"])
    is_train = f"NOT {is_test}"
    if settings["sampleRatio"] < 1:
        is_train += f" AND {below('sample', settings['sampleRatio'])}"
    inputs = [*CATEGORIES, *NUMBERS, "estimated_hours", "duration_hours", "task_id"]
    data = spark.table("enriched_tasks").where("is_done").dropna(subset=[*NUMBERS, "estimated_hours", "duration_hours"])
    [counts] = data.selectExpr(
        f"count_if({is_train}) AS train",
        f"count_if({is_test}) AS test",
        f"avg(duration_hours) FILTER (WHERE {is_train}) AS mean",
    ).collect()
    prepared = data.selectExpr(*inputs, "ln(duration_hours) AS label")
    train, test = prepared.where(is_train), prepared.where(is_test)

    texts = [f"text_{name}" for name in CATEGORIES]
    indices = [f"index_{name}" for name in CATEGORIES]
    casts = [f"CAST({name} AS STRING) AS text_{name}" for name in CATEGORIES]
    casts += [f"CAST({name} AS DOUBLE) AS number_{name}" for name in NUMBERS]
    statement = f"SELECT *, log1p(estimated_hours) AS log1p_estimated_hours, {', '.join(casts)} FROM __THIS__"
    numbers = ["log1p_estimated_hours", *(f"number_{name}" for name in NUMBERS)]
    encoder = Pipeline(
        stages=[
            SQLTransformer(statement=statement),
            StringIndexer(inputCols=texts, outputCols=indices, handleInvalid="keep"),
            VectorAssembler(inputCols=[*numbers, *indices], outputCol="features"),
        ]
    ).fit(train)
    encoded = encoder.transform(train)
    most = max(len(labels) for labels in encoder.stages[1].labelsArray)
    model = regressor(settings, most).fit(encoded)
    # What logarithms make too small.
    [[smearing]] = model.transform(encoded).selectExpr("avg(exp(label - log_prediction))").collect()
    scale = SQLTransformer(statement=f"SELECT *, exp(log_prediction) * {smearing}D AS predicted FROM __THIS__")
    whole = PipelineModel(stages=[*encoder.stages, model, scale])
    whole.write().overwrite().save(str(output / "models" / "durations"))

    means = train.groupBy(*GROUP).agg(F.avg("duration_hours").alias("group_mean"))
    predicted = (
        whole.transform(test)
        .join(means, GROUP, "left")
        .select(
            "task_id",
            *GROUP,
            F.col("duration_hours").alias("actual"),
            "predicted",
            F.coalesce("group_mean", F.lit(counts["mean"])).alias("baseline"),
        )
    )
    written = write("durations_predictions", predicted)
    errors = ["actual - predicted", "actual - baseline"]
    means = [f"avg({measure})" for error in errors for measure in (f"pow({error}, 2)", f"abs({error})")]
    [figures] = written.selectExpr("var_pop(actual)", *means).collect()
    variance, mse, mae, baseline_mse, baseline_mae = figures
    metrics.update(
        {
            "durations.rmse": math.sqrt(mse),
            "durations.mae": mae,
            "durations.r2": 1 - mse / variance,
            "durations.baselineRmse": math.sqrt(baseline_mse),
            "durations.baselineMae": baseline_mae,
            "durations.baselineR2": 1 - baseline_mse / variance,
            "durations.trainRows": counts["train"],
            "durations.testRows": counts["test"],
        }
    )


with Stage("connect"):
    spark = connect()
with Stage("ingest"):
    ingest_all()
with Stage("transform"):
    transform()
with Stage("train"):
    cluster_projects()
    predict_durations()
spark.stop()
versions = {"pyspark": pyspark_version, "python": platform.python_version()}
print(json.dumps({"versions": versions, "seconds": seconds, "rows": rows, "metrics": metrics}))
