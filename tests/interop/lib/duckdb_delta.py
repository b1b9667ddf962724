# A DuckDB with its extension for Delta tables, in a process of its own, since it is another version than the DuckDB of the
# other checks. Answers lines of JSON: {"sql": …, "out": FILE} writes the rows to FILE as Arrow and prints the types.
import glob
import json
import os
import sys

import duckdb
import pyarrow as pa

connection = duckdb.connect()
extension = glob.glob(os.path.join(sys.argv[1], "duckdb_extension_delta/extensions/*/delta.duckdb_extension"))
connection.execute(f"LOAD '{extension[0]}'")
connection.execute("SET TimeZone = 'UTC'")


def answer(request):
    relation = connection.sql(request["sql"])
    types = dict(zip(relation.columns, map(str, relation.types)))
    table = relation.to_arrow_table()
    with pa.OSFile(request["out"], "wb") as f, pa.ipc.new_file(f, table.schema) as writer:
        writer.write_table(table)
    return {"types": types}


for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except Exception as e:
        result = {"error": str(e)}
    print(json.dumps(result), flush=True)
