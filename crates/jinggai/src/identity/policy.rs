//! Who may do what, where: role × unit × area × action, closed by default.
//!
//! A [`Role`] is a set of permissions and a reach. A [`Grant`] gives a role to a user, bounded to a unit (with its
//! sub-units) and an area (with its sub-areas, and with what was merged into it). [`Actor::scope`] turns the grants
//! into the condition that every statement about covers appends: forbidden and missing look alike.
use crate::error::{AppError, Result};
use jinggai_db::Sql;
use jinggai_db::events::Who;
use serde::{Deserialize, Serialize};

macro_rules! named {
    ($(#[$m:meta])* $name:ident { $($(#[doc = $doc:literal])+ $v:ident = $code:literal, $zh:literal;)* }) => {
        $(#[$m])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[doc = $doc])+ #[serde(rename = $code)] $v),* }
        // The derive cannot read a code that comes out of a macro: it would name the variants instead.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($code),*]))
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {}
        impl $name {
            /// Every value.
            pub const ALL: &[$name] = &[$($name::$v),*];
            /// The stored code.
            #[must_use]
            pub fn code(self) -> &'static str { match self { $($name::$v => $code),* } }
            /// The Chinese name.
            #[must_use]
            pub fn zh(self) -> &'static str { match self { $($name::$v => $zh),* } }
            /// From the stored code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> { match code { $($code => Some($name::$v),)* _ => None } }
        }
    };
}

named! {
    /// 权限: an action that a role may allow.
    Permission {
        /// 查看台账: read wells, covers, files, their history, and figures about them.
        RegistryRead = "registry.read", "查看台账";
        /// 登记修改: add and correct wells and covers, photos, labels, fall guards.
        RegistryWrite = "registry.write", "登记和修改台账";
        /// 批量导入: import files.
        RegistryImport = "registry.import", "批量导入";
        /// 导出: take data out as files.
        RegistryExport = "registry.export", "导出台账";
        /// 权属确认: decide owners, fallback units and retirements.
        OwnershipDecide = "ownership.decide", "落实权属";
        /// 编号: issue and retire codes.
        CodeIssue = "code.issue", "核发编号";
        /// 报表: draw and keep reports.
        ReportRun = "report.run", "生成报表";
        /// 填报: fill in by hand what no record gives.
        ReportFill = "report.fill", "填报报表";
        /// 结账: close the period of a report.
        ReportClose = "report.close", "结账";
        /// 查看组织: the directory of units, areas and rules.
        DirectoryRead = "directory.read", "查看组织机构";
        /// 管理单位和区域.
        DirectoryManage = "directory.manage", "管理单位和区域";
        /// 管理用户和授权.
        UserManage = "user.manage", "管理用户";
        /// 管理规则包、编码规则和模板.
        RuleManage = "rule.manage", "管理规则";
        /// 审计: read the whole event log and verify it.
        AuditRead = "audit.read", "查看审计日志";
        /// 上报: report findings.
        FindingReport = "finding.report", "上报问题";
        /// 查看案卷: read findings, hazards, cases, plans and figures about them.
        CaseRead = "case.read", "查看案卷";
        /// 受理立案: the reception desk: verify, file, refuse, merge, close.
        CaseFile = "case.file", "受理和结案";
        /// 派遣: the dispatch desk.
        CaseDispatch = "case.dispatch", "派遣案卷";
        /// 处置: accept, return, finish what one's own unit was given; draw up plans.
        CaseHandle = "case.handle", "处置案卷";
        /// 核实核查: look on site, before filing and after handling.
        CaseCheck = "case.check", "核实和核查";
        /// 审批: decide extensions, suspensions, appeals and plans.
        CaseApprove = "case.approve", "审批延期、挂账和计划";
    }
}

named! {
    /// 角色.
    Role {
        /// 系统管理员: runs the platform.
        Admin = "admin", "系统管理员";
        /// 领导小组办公室: leads the whole action.
        Leader = "leader", "领导小组办公室";
        /// 指挥中心值班员: operator of the command centre.
        Operator = "operator", "指挥中心值班员";
        /// 台账管理员: keeps the registry.
        Registrar = "registrar", "台账管理员";
        /// 行业主管部门: industry department.
        Department = "department", "行业主管部门";
        /// 街镇、园区、商圈: territorial office.
        Street = "street", "街镇";
        /// 权属、养护单位: owner or maintainer.
        Owner = "owner", "权属养护单位";
        /// 普查、巡查人员: census taker, inspector.
        Inspector = "inspector", "普查巡查员";
        /// 执法、公安: enforcement.
        Enforcement = "enforcement", "执法人员";
        /// 检察、纪检、审判: supervision, reads only.
        Prosecutor = "prosecutor", "检察监督";
    }
}

/// How far a role reaches when its grant does not say more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The whole district; a grant may narrow it.
    District,
    /// Only the area of the grant; without one, nothing.
    Area,
    /// Only wells for which the unit of the grant is responsible in some role; without one, nothing.
    Unit,
}

use Permission as P;
const LEADER: &[P] = &[
    P::RegistryRead,
    P::RegistryExport,
    P::ReportRun,
    P::ReportFill,
    P::ReportClose,
    P::DirectoryRead,
    P::AuditRead,
    P::CaseRead,
    P::CaseApprove,
];
const OPERATOR: &[P] = &[
    P::RegistryRead,
    P::RegistryWrite,
    P::RegistryExport,
    P::ReportRun,
    P::ReportFill,
    P::DirectoryRead,
    P::FindingReport,
    P::CaseRead,
    P::CaseFile,
    P::CaseDispatch,
];
const REGISTRAR: &[P] = &[
    P::RegistryRead,
    P::RegistryWrite,
    P::RegistryImport,
    P::RegistryExport,
    P::OwnershipDecide,
    P::CodeIssue,
    P::ReportRun,
    P::ReportFill,
    P::DirectoryRead,
    P::DirectoryManage,
    P::RuleManage,
    P::FindingReport,
    P::CaseRead,
];
const DEPARTMENT: &[P] = &[
    P::RegistryRead,
    P::RegistryExport,
    P::ReportRun,
    P::ReportFill,
    P::DirectoryRead,
    P::FindingReport,
    P::CaseRead,
    P::CaseApprove,
];
const STREET: &[P] = &[
    P::RegistryRead,
    P::RegistryWrite,
    P::RegistryImport,
    P::RegistryExport,
    P::OwnershipDecide,
    P::ReportRun,
    P::ReportFill,
    P::DirectoryRead,
    P::FindingReport,
    P::CaseRead,
    P::CaseHandle,
    P::CaseCheck,
];
const OWNER: &[P] = &[
    P::RegistryRead,
    P::RegistryWrite,
    P::RegistryImport,
    P::RegistryExport,
    P::ReportRun,
    P::ReportFill,
    P::DirectoryRead,
    P::FindingReport,
    P::CaseRead,
    P::CaseHandle,
];
const INSPECTOR: &[P] =
    &[P::RegistryRead, P::RegistryWrite, P::DirectoryRead, P::FindingReport, P::CaseRead, P::CaseCheck];
const ENFORCEMENT: &[P] = &[P::RegistryRead, P::DirectoryRead, P::FindingReport, P::CaseRead];
const PROSECUTOR: &[P] =
    &[P::RegistryRead, P::RegistryExport, P::ReportRun, P::DirectoryRead, P::AuditRead, P::CaseRead];

impl Role {
    /// What the role may do. One table: the matrix test compares every route with it.
    #[must_use]
    pub fn permissions(self) -> &'static [Permission] {
        match self {
            Role::Admin => Permission::ALL,
            Role::Leader => LEADER,
            Role::Operator => OPERATOR,
            Role::Registrar => REGISTRAR,
            Role::Department => DEPARTMENT,
            Role::Street => STREET,
            Role::Owner => OWNER,
            Role::Inspector => INSPECTOR,
            Role::Enforcement => ENFORCEMENT,
            Role::Prosecutor => PROSECUTOR,
        }
    }

    /// How far it reaches.
    #[must_use]
    pub fn reach(self) -> Reach {
        match self {
            Role::Admin
            | Role::Leader
            | Role::Operator
            | Role::Registrar
            | Role::Enforcement
            | Role::Prosecutor => Reach::District,
            Role::Street | Role::Inspector => Reach::Area,
            Role::Department | Role::Owner => Reach::Unit,
        }
    }
}

/// 授权: a role given to a user, with its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The unit it is bounded to.
    pub unit_id: Option<i64>,
    /// The area it is bounded to.
    pub area_id: Option<i64>,
}

/// Somebody who asks for something.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Row of `users`; none for the command line on the machine itself.
    pub user_id: Option<i64>,
    /// Login.
    pub login: String,
    /// Name shown to people.
    pub name: String,
    /// What was granted and is valid today.
    pub grants: Vec<Grant>,
    /// An API token's scopes bound it further.
    pub scopes: Option<Vec<Permission>>,
    /// Network address, or `cli`.
    pub origin: String,
}

/// The covers that an actor may see or touch with one permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// None at all.
    Nothing,
    /// All.
    Everything,
    /// Those within any of the bounds.
    Bounds(Vec<Bound>),
}

/// One bound: unit and area must both fit when both are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// A unit that must be responsible in some role.
    pub unit_id: Option<i64>,
    /// An area in which the well must lie.
    pub area_id: Option<i64>,
}

impl Actor {
    /// Whoever runs the command on the machine itself: has the files anyway, so may do everything.
    #[must_use]
    pub fn command_line() -> Self {
        let user =
            std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "root".into());
        Actor {
            user_id: None,
            login: format!("cli:{user}"),
            name: format!("命令行 {user}"),
            grants: vec![Grant { role: Role::Admin, unit_id: None, area_id: None }],
            scopes: None,
            origin: "cli".into(),
        }
    }

    /// The platform itself, for what happens by the clock: nobody stands behind it.
    #[must_use]
    pub fn machine(origin: &str) -> Self {
        Actor {
            user_id: None,
            login: "system".into(),
            name: "系统".into(),
            grants: vec![Grant { role: Role::Admin, unit_id: None, area_id: None }],
            scopes: None,
            origin: origin.into(),
        }
    }

    /// May the actor do this anywhere at all?
    #[must_use]
    pub fn may(&self, p: Permission) -> bool {
        self.scope(p) != Scope::Nothing
    }

    /// Refuses an actor who may do this nowhere.
    ///
    /// # Errors
    /// `forbidden`, naming the right.
    pub fn require(&self, p: Permission) -> Result<Scope> {
        match self.scope(p) {
            Scope::Nothing => Err(AppError::forbidden(p.zh())),
            scope => Ok(scope),
        }
    }

    /// Refuses an actor who may not do this in the whole district: for things that belong to no area.
    ///
    /// # Errors
    /// `forbidden`, naming the right.
    pub fn require_everywhere(&self, p: Permission) -> Result<()> {
        match self.scope(p) {
            Scope::Everything => Ok(()),
            _ => Err(AppError::forbidden(p.zh())),
        }
    }

    /// Where the actor may do this.
    #[must_use]
    pub fn scope(&self, p: Permission) -> Scope {
        if self.scopes.as_ref().is_some_and(|s| !s.contains(&p)) {
            return Scope::Nothing;
        }
        let mut bounds = vec![];
        for g in self.grants.iter().filter(|g| g.role.permissions().contains(&p)) {
            // The directory of units, areas and rules belongs to no place: whoever may read it reads all of it.
            if p == Permission::DirectoryRead {
                return Scope::Everything;
            }
            let bound = Bound { unit_id: g.unit_id, area_id: g.area_id };
            match g.role.reach() {
                Reach::District if bound.unit_id.is_none() && bound.area_id.is_none() => {
                    return Scope::Everything;
                }
                // A district role names its own office; only an area narrows it.
                Reach::District if bound.area_id.is_none() => return Scope::Everything,
                Reach::District => bounds.push(Bound { unit_id: None, ..bound }),
                Reach::Area if bound.area_id.is_some() => bounds.push(Bound { unit_id: None, ..bound }),
                Reach::Unit if bound.unit_id.is_some() => bounds.push(bound),
                Reach::Area | Reach::Unit => {}
            }
        }
        if bounds.is_empty() { Scope::Nothing } else { Scope::Bounds(bounds) }
    }

    /// The role that an event is written under: the first that gives the permission.
    #[must_use]
    pub fn role_for(&self, p: Permission) -> Option<Role> {
        self.grants.iter().map(|g| g.role).find(|r| r.permissions().contains(&p))
    }

    /// Who this is, for the event log.
    #[must_use]
    pub fn who(&self, p: Permission) -> Who {
        Who {
            actor: self.login.clone(),
            role: self.role_for(p).map_or("none", Role::code).to_owned(),
            origin: self.origin.clone(),
        }
    }
}

/// The columns of `cover_facts` that hold a responsible unit.
const UNIT_COLUMNS: [&str; 5] =
    ["owner_id", "maintainer_id", "supervisor_id", "territorial_id", "fallback_id"];

impl Scope {
    /// Appends ` AND (…)` to a statement in which `facts` names `cover_facts`.
    pub fn and(&self, q: &mut Sql, facts: &str) {
        match self {
            Scope::Everything => {}
            Scope::Nothing => {
                q.push(" AND 1 = 0", []);
            }
            Scope::Bounds(bounds) => {
                q.push(" AND (", []);
                for (i, b) in bounds.iter().enumerate() {
                    q.push(if i > 0 { " OR (1 = 1" } else { "(1 = 1" }, []);
                    b.and(q, facts);
                    q.push(")", []);
                }
                q.push(")", []);
            }
        }
    }

    /// Appends ` AND (…)` to a statement in which `column` names a well's id.
    pub fn and_well(&self, q: &mut Sql, column: &str) {
        match self {
            Scope::Everything => {}
            Scope::Nothing => {
                q.push(" AND 1 = 0", []);
            }
            Scope::Bounds(_) => {
                q.push(
                    &format!(" AND EXISTS (SELECT 1 FROM cover_facts sf WHERE sf.well_id = {column} AND sf.to_day IS NULL"),
                    [],
                );
                self.and(q, "sf");
                q.push(")", []);
            }
        }
    }
}

impl Scope {
    /// Appends ` AND (…)` to a statement in which `t` names a table with `well_id` and `area_id`, and `duty` is a
    /// condition with one mark that holds when a unit has to do with the row: cases, findings, hazards, plans.
    ///
    /// A unit sees what it was given, whoever the cover belongs to, and what concerns its own covers.
    pub fn and_task(&self, q: &mut Sql, t: &str, duty: &str) {
        let Scope::Bounds(bounds) = self else { return self.and(q, t) };
        q.push(" AND (", []);
        for (i, b) in bounds.iter().enumerate() {
            q.push(if i > 0 { " OR (1 = 1" } else { "(1 = 1" }, []);
            if let Some(area) = b.area_id {
                q.push(
                    &format!(" AND {t}.area_id IN (SELECT area_id FROM area_closure WHERE ancestor_id = ?)"),
                    [area.into()],
                );
            }
            if let Some(unit) = b.unit_id {
                q.push(&format!(" AND ({duty} OR EXISTS (SELECT 1 FROM cover_facts sf WHERE sf.well_id = {t}.well_id AND sf.to_day IS NULL"), [unit.into()]);
                Bound { unit_id: Some(unit), area_id: None }.and(q, "sf");
                q.push("))", []);
            }
            q.push(")", []);
        }
        q.push(")", []);
    }
}

impl Bound {
    fn and(&self, q: &mut Sql, facts: &str) {
        if let Some(area) = self.area_id {
            q.push(
                &format!(" AND {facts}.area_id IN (SELECT area_id FROM area_closure WHERE ancestor_id = ?)"),
                [area.into()],
            );
        }
        if let Some(unit) = self.unit_id {
            let any = UNIT_COLUMNS
                .map(|c| format!("{facts}.{c} IN (SELECT unit_id FROM unit_closure WHERE ancestor_id = ?)"))
                .join(" OR ");
            q.push(&format!(" AND ({any})"), UNIT_COLUMNS.map(|_| unit.into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(grants: Vec<Grant>) -> Actor {
        Actor {
            user_id: Some(1),
            login: "x".into(),
            name: "x".into(),
            grants,
            scopes: None,
            origin: "test".into(),
        }
    }

    #[test]
    fn nothing_is_allowed_without_a_grant() {
        for p in Permission::ALL {
            assert_eq!(actor(vec![]).scope(*p), Scope::Nothing);
        }
    }

    #[test]
    fn a_unit_role_without_a_unit_reaches_nothing() {
        let a = actor(vec![Grant { role: Role::Owner, unit_id: None, area_id: Some(3) }]);
        assert_eq!(a.scope(Permission::RegistryRead), Scope::Nothing);
        let a = actor(vec![Grant { role: Role::Street, unit_id: Some(3), area_id: None }]);
        assert_eq!(a.scope(Permission::RegistryRead), Scope::Nothing);
    }

    #[test]
    fn a_token_never_exceeds_its_scopes() {
        let mut a = actor(vec![Grant { role: Role::Admin, unit_id: None, area_id: None }]);
        a.scopes = Some(vec![Permission::RegistryRead]);
        assert_eq!(a.scope(Permission::RegistryRead), Scope::Everything);
        assert_eq!(a.scope(Permission::UserManage), Scope::Nothing);
    }

    #[test]
    fn bounds_become_one_condition() {
        let a = actor(vec![
            Grant { role: Role::Owner, unit_id: Some(7), area_id: None },
            Grant { role: Role::Street, unit_id: Some(9), area_id: Some(4) },
        ]);
        let mut q = jinggai_db::sql!("SELECT 1 FROM cover_facts f WHERE 1 = 1");
        a.scope(Permission::RegistryRead).and(&mut q, "f");
        assert_eq!(q.args.len(), 6);
        assert!(q.text.contains(" OR (1 = 1 AND f.area_id IN"), "{}", q.text);
    }
}
