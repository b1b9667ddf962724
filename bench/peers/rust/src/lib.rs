// What the harnesses in bin/ share. Each is called as PEER CASE.json SECONDS OUTPUT: it renders (or parses) over and over,
// and prints "minimum median runs" in nanoseconds; what was rendered goes to OUTPUT.
use serde_json::Value;
use std::time::{Duration, Instant};

const MAX_KEPT: usize = 20_000;

pub struct Case {
    pub is_parse: bool,
    pub templates: Vec<(String, String)>,
    pub render: String,
    pub context: Value,
    seconds: f64,
    output: String,
}

impl Case {
    pub fn from_args() -> Case {
        let args: Vec<String> = std::env::args().collect();
        let text = std::fs::read_to_string(&args[1]).expect("the case");
        let mut all: Value = serde_json::from_str(&text).expect("JSON");
        Case {
            is_parse: all["kind"] == "parse",
            templates: all["templates"].as_object().unwrap().iter()
                .map(|(name, source)| (name.clone(), source.as_str().unwrap().to_string())).collect(),
            render: all["render"].as_str().unwrap().to_string(),
            context: all["context"].take(),
            seconds: args[2].parse().expect("seconds"),
            output: args[3].clone(),
        }
    }

    pub fn measure_render(&self, mut render: impl FnMut() -> String) {
        std::fs::write(&self.output, render()).expect("the output");
        self.measure(|| {
            let start = Instant::now();
            let page = render();
            let took = start.elapsed();
            drop(page);
            took
        });
    }

    pub fn measure_parse(&self, mut parse: impl FnMut()) {
        self.measure(|| {
            let start = Instant::now();
            parse();
            start.elapsed()
        });
    }

    fn measure(&self, mut once: impl FnMut() -> Duration) {
        let mut kept = Vec::with_capacity(MAX_KEPT); // the latest
        let (mut least, mut n) = (u128::MAX, 0);
        let end = Instant::now() + Duration::from_secs_f64(self.seconds);
        while Instant::now() < end {
            let time = once().as_nanos();
            least = least.min(time);
            if n < MAX_KEPT {
                kept.push(time);
            } else {
                kept[n % MAX_KEPT] = time;
            }
            n += 1;
        }
        kept.sort_unstable();
        println!("{} {} {}", least, kept[kept.len() / 2], n);
    }
}

// The filters `date` and `pluralize` of engines that have none, as Tera 1's.
pub fn date(seconds: i64, format: &str) -> String {
    chrono::DateTime::from_timestamp(seconds, 0).expect("a time").format(format).to_string()
}
