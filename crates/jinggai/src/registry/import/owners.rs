//! Units that a file names (权属、管养、主管): found by code or name, made when a name is new, asked for when it is a bare
//! code of the source.
use super::row::Draft;
use super::state::{MADE, State};
use super::tally::Tally;
use crate::error::Result;
use crate::identity::units::{self, UnitInput};
use crate::registry::draft::NewResponsibility;
use jiff::civil::Date;
use jinggai_db::Tx;
use jinggai_db::events::Event;
use jinggai_rules::kinds::ResponsibilityRole as Role;

/// The code of a unit that an import makes for a name: the same name gives the same code.
#[must_use]
pub fn made_code(name: &str) -> String {
    format!("{MADE}{}", &crate::files::digest(name.as_bytes())[..10])
}

/// How units are found for the rows of an import.
pub struct Owners {
    /// Key of the source, for the basis.
    pub source: String,
    /// The unit of the option `--unit`.
    pub unit: Option<i64>,
    /// May units be made for unknown names?
    pub create: bool,
    /// Only look, change nothing.
    pub dry: bool,
    /// The day it is.
    pub today: Date,
    /// Events of the units that were made in this batch.
    pub events: Vec<Event>,
}

/// What is said of units that imports have made.
pub(super) const MADE_MESSAGE: &str = "由导入新建、尚待核对的单位及其行数";

/// Words that say that there is no unit to name.
const NOBODY: [&str; 12] = [
    "private",
    "priv",
    "other",
    "others",
    "public",
    "shared",
    "无主",
    "私人",
    "个人",
    "其他",
    "其它",
    "权属不明",
];

/// A bare number or a short abbreviation is a code of the source's own list, not a name.
#[must_use]
pub fn is_code(text: &str) -> bool {
    text.parse::<f64>().is_ok() || (text.is_ascii() && text.chars().count() <= 4)
}

impl Owners {
    /// The responsibilities of a row.
    ///
    /// # Errors
    /// What the store says.
    pub async fn of(
        &mut self,
        tx: &mut Tx,
        state: &mut State,
        d: &Draft,
        tally: &mut Tally,
    ) -> Result<Vec<NewResponsibility>> {
        let mut out = vec![];
        let owner = match d.owner.as_deref() {
            Some(text) => self.find(tx, state, text, Role::Owner, tally).await?,
            None => None,
        };
        match (owner, self.unit) {
            (Some((id, confirmed)), _) => out.push(self.claim(Role::Owner, id, confirmed, None)),
            (None, Some(id)) => out.push(self.claim(Role::Owner, id, d.owner.is_none(), d.owner.as_deref())),
            (None, None) => tally.count("owner_unknown_rows", "没有权属单位的行，已列入权属落实队列", None),
        }
        if let Some(text) = d.maintainer.as_deref()
            && let Some((id, confirmed)) = self.find(tx, state, text, Role::Maintainer, tally).await?
        {
            out.push(self.claim(Role::Maintainer, id, confirmed, None));
        }
        let named = match d.supervisor.as_deref() {
            Some(text) => self.find(tx, state, text, Role::Supervisor, tally).await?,
            None => None,
        };
        match named {
            Some((id, confirmed)) => out.push(self.claim(Role::Supervisor, id, confirmed, None)),
            None => {
                let found = state.supervisor(d.well.kind, d.well.place, d.well.road_manager);
                out.extend(found.map(|id| NewResponsibility {
                    basis: Some("部门分工".into()),
                    ..self.claim(Role::Supervisor, id, true, None)
                }));
            }
        }
        Ok(out)
    }

    fn claim(&self, role: Role, unit_id: i64, confirmed: bool, original: Option<&str>) -> NewResponsibility {
        let basis = match original {
            None => format!("导入：{}", self.source),
            Some(text) => format!("导入：{}（按选项指定，原值“{text}”）", self.source),
        };
        NewResponsibility { role, unit_id, confirmed, basis: Some(basis), valid_from: self.today }
    }

    /// The unit that a text names, and whether that is sure.
    async fn find(
        &mut self,
        tx: &mut Tx,
        state: &mut State,
        text: &str,
        role: Role,
        tally: &mut Tally,
    ) -> Result<Option<(i64, bool)>> {
        if let Some((id, sure)) = state.units.find(text) {
            if !sure && role == Role::Owner {
                tally.count("unit_created", MADE_MESSAGE, Some(text));
            }
            return Ok(Some((id, sure)));
        }
        if NOBODY.contains(&text.to_lowercase().as_str()) {
            tally.count("owner_nobody", "没有指明具体单位的权属", Some(text));
            return Ok(None);
        }
        if is_code(text) {
            let message = format!(
                "{}列的代码看不出是哪个单位，请在映射文件中用 [values.{}] 对照到单位代码",
                role.name_zh(),
                role.code()
            );
            tally.count("owner_code", &message, Some(text));
            return Ok(None);
        }
        if !self.create || !matches!(role, Role::Owner | Role::Maintainer) {
            tally.count("unit_unknown", &format!("没有找到的{}", role.name_zh()), Some(text));
            return Ok(None);
        }
        tally.count("unit_created", MADE_MESSAGE, Some(text));
        let code = made_code(text);
        if self.dry {
            state.units.add(&code, text, 0);
            return Ok(Some((0, false)));
        }
        let input = UnitInput {
            code: code.clone(),
            name: text.to_owned(),
            kinds: vec![role.code().to_owned()],
            duty: Some(format!("导入时自动建立（来源 {}），请核对", self.source)),
            ..UnitInput::default()
        };
        let (id, event) = units::create(tx, &input).await?;
        self.events.push(event);
        state.units.add(&code, text, id);
        Ok(Some((id, false)))
    }
}
