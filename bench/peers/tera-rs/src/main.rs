// The original, measured: tera-peer CASE.json SECONDS OUTPUT. Renders (or parses) over and over, and
// prints "minimum median runs" in nanoseconds; what was rendered goes to OUTPUT.
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tera::{Context, Error, Tera, Value};

// What a pond adds to Tera, as far as the cases use it.
fn group(args: &HashMap<String, Value>) -> tera::Result<Value> {
    let by = args.get("by").and_then(Value::as_str).ok_or_else(|| Error::msg("by"))?;
    let list = args.get("in").and_then(Value::as_array).ok_or_else(|| Error::msg("in"))?;
    let mut groups = serde_json::Map::new();
    for item in list {
        let key = item.get(by).and_then(Value::as_str).ok_or_else(|| Error::msg("item"))?;
        let group = groups.entry(key).or_insert_with(|| Value::Array(Vec::new()));
        group.as_array_mut().unwrap().push(item.clone());
    }
    Ok(Value::Object(groups))
}

fn measure(seconds: f64, mut once: impl FnMut() -> Duration) -> Vec<u128> {
    let mut times = Vec::with_capacity(20_000);
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < end && times.len() < 20_000 {
        times.push(once().as_nanos());
    }
    times.sort_unstable();
    times
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(&args[1]).expect("the case");
    let case: Value = serde_json::from_str(&text).expect("JSON");
    let seconds: f64 = args[2].parse().expect("seconds");
    let sources: Vec<(&str, &str)> = case["templates"].as_object().unwrap().iter()
        .map(|(name, source)| (name.as_str(), source.as_str().unwrap())).collect();
    let mut tera = Tera::default();
    tera.register_function("group", group);
    let times = if case["kind"] == "parse" {
        // The engine is made once and holds what it parsed, which is kinder to it than ours is treated.
        measure(seconds, || {
            let templates = sources.clone();
            let start = Instant::now();
            tera.add_raw_templates(templates).expect("templates");
            start.elapsed()
        })
    } else {
        tera.add_raw_templates(sources).expect("templates");
        let context = Context::from_value(case["context"].clone()).expect("a context");
        let name = case["render"].as_str().unwrap();
        std::fs::write(&args[3], tera.render(name, &context).expect("a page")).expect("the output");
        measure(seconds, || {
            let start = Instant::now();
            let page = tera.render(name, &context).expect("a page");
            let took = start.elapsed();
            drop(page);
            took
        })
    };
    println!("{} {} {}", times[0], times[times.len() / 2], times.len());
}
