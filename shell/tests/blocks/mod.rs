//! The fenced blocks of a page, and the invisible marks that say what runs them.

pub(crate) mod scenes;

use super::support::pages::read;

/// Languages of blocks that hold no command: pictures, lines of a log, notices.
const WITHOUT_COMMANDS: [&str; 1] = ["text"];

/// Pages of measurements. Their commands take minutes, an idle machine and another binary, so
/// their blocks need no mark.
const MEASUREMENTS: [&str; 2] = ["docs/performance.md", "docs/size.md"];

/// A fenced block.
pub(crate) struct Block {
    /// The page and the line of the fence, as in `README.md:8`.
    pub(crate) place: String,
    pub(crate) language: String,
    pub(crate) text: String,
    /// The text of the comment before it.
    mark: Option<String>,
}

/// What runs a block.
pub(crate) enum Mark {
    /// This very test, in a scene of that name.
    Run(String),
    /// Functions of other tests: pairs of a file and a name.
    TestedBy(Vec<(String, String)>),
    /// Nothing, for the reason in it.
    NotRun,
}

impl Block {
    /// What the mark says, or what is wrong with it.
    pub(crate) fn mark(&self) -> Result<Mark, String> {
        let mark = self.mark.as_deref();
        let mark = mark.ok_or("has no mark: run, tested by, or not run")?;
        let mark = mark.strip_prefix("all ").unwrap_or(mark);
        let (kind, rest) = mark.split_once(": ").ok_or("has an empty mark")?;
        match kind {
            "run" => Ok(Mark::Run(rest.to_owned())),
            "not run" if rest.len() > 10 => Ok(Mark::NotRun),
            "tested by" => {
                let pairs = rest.split("; ").map(|entry| {
                    let (file, name) = entry.split_once(' ')?;
                    Some((file.to_owned(), name.to_owned()))
                });
                let pairs = pairs.collect::<Option<Vec<_>>>();
                Ok(Mark::TestedBy(
                    pairs.ok_or("names a file and no test in it")?,
                ))
            }
            _ => Err(format!("has an unknown mark: {mark}")),
        }
    }

    /// The commands of a shell block, one by one and without comments.
    pub(crate) fn commands(&self) -> Vec<&str> {
        let lines = self.text.lines().map(|line| line.split("  #").next());
        let commands = lines.flatten().flat_map(|line| line.split(" && "));
        commands
            .map(str::trim)
            .filter(|command| !command.is_empty() && !command.starts_with('#'))
            .collect()
    }
}

/// Returns the blocks of a page that may hold commands.
///
/// A mark is a comment on the line before the fence. One that begins with `all` holds for
/// every block up to `/all`.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    if MEASUREMENTS.contains(&page) {
        return blocks;
    }
    let text = read(page);
    let (mut last, mut all, mut is_open) = (None, None, false);
    for (number, line) in text.lines().enumerate() {
        // A block may be in a list or in a quotation.
        let line = line.strip_prefix("> ").unwrap_or(line);
        let trimmed = line.trim();
        if let Some(language) = trimmed.strip_prefix("```") {
            is_open = !is_open;
            if is_open {
                blocks.push(Block {
                    place: format!("{page}:{}", number + 1),
                    language: language.to_owned(),
                    text: String::new(),
                    mark: last.take().or_else(|| all.clone()),
                });
            }
        } else if is_open {
            let block = blocks.last_mut().expect("a block is open");
            block.text += line;
            block.text.push('\n');
        } else {
            let comment = trimmed.strip_prefix("<!-- ");
            last = comment.and_then(|rest| Some(rest.strip_suffix(" -->")?.to_owned()));
            match last.as_deref() {
                Some("/all") => all = None,
                Some(mark) if mark.starts_with("all ") => all = last.take(),
                _ => {}
            }
        }
    }
    assert!(!is_open && all.is_none(), "{page}: something has no end");
    blocks.retain(|block| {
        let is_console = block.text.lines().any(|line| line.starts_with("$ "));
        is_console || !WITHOUT_COMMANDS.contains(&block.language.as_str())
    });
    blocks
}

/// Returns the files that are given away as they are, each as one block whose mark is a
/// comment.
pub(crate) fn files() -> Vec<Block> {
    let file = |page: &str| {
        let text = read(page);
        let mut comments = text.lines().filter_map(|line| line.strip_prefix("# "));
        let is_mark =
            |line: &&str| line.starts_with("tested by: ") || line.starts_with("not run: ");
        Block {
            place: page.to_owned(),
            language: "file".to_owned(),
            mark: comments.find(is_mark).map(str::to_owned),
            text,
        }
    };
    ["docs/compose.yml", "docs/alertik.service"]
        .map(file)
        .into()
}
