# One reader in a loop: loop_reader.py READER PLACE. Reads the place again and again until its standard input ends, and prints a
# line of JSON for each read: when it began and ended, and {"YEAR-MONTH": [rows, sum of v]}, or its error.
import json
import select
import sys
import time


def by_pyarrow(place):
    import pyarrow.dataset

    return pyarrow.dataset.dataset(place, format="parquet", partitioning="hive").to_table(columns=["year", "month", "v"])


def by_polars(place):
    import polars

    return polars.scan_parquet(place, hive_partitioning=True).select("year", "month", "v").collect().to_arrow()


def by_duckdb(place):
    import duckdb

    return duckdb.sql(f"SELECT year, month, v FROM read_parquet('{place}/**/*.parquet', hive_partitioning = true)").to_arrow_table()


def by_delta_rs(place):
    import deltalake

    return deltalake.DeltaTable(place).to_pyarrow_table(columns=["year", "month", "v"])


def by_duckdb_delta(place):
    return by_duckdb_delta.connection.sql(f"SELECT year, month, v FROM delta_scan('{place}')").to_arrow_table()


def load_duckdb_delta(packages):
    import glob

    import duckdb

    extension = glob.glob(f"{packages}/duckdb_extension_delta/extensions/*/delta.duckdb_extension")
    by_duckdb_delta.connection = duckdb.connect()
    by_duckdb_delta.connection.execute(f"LOAD '{extension[0]}'")


READERS = {"pyarrow": by_pyarrow, "polars": by_polars, "duckdb": by_duckdb, "delta-rs": by_delta_rs,
           "duckdb-delta": by_duckdb_delta}


def months(table):
    found = {}
    for year, month, v in zip(*(table.column(c).to_pylist() for c in ("year", "month", "v"))):
        state = found.setdefault(f"{year}-{month}", [0, 0])
        state[0] += 1
        state[1] += v
    return found


def main(reader, place, *packages):
    if packages:
        load_duckdb_delta(*packages)
    while not select.select([sys.stdin], [], [], 0)[0]:
        seen = {"began": time.monotonic()}
        try:
            table = READERS[reader](place)
            seen["ended"] = time.monotonic()
            seen["months"] = months(table)
        except Exception as e:
            seen["ended"] = time.monotonic()
            seen["error"] = f"{type(e).__name__}: {e}"
        print(json.dumps(seen), flush=True)
        time.sleep(0.05)  # the exports need a processor, too


if __name__ == "__main__":
    main(*sys.argv[1:])
