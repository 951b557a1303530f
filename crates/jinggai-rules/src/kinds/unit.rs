//! Units and what they answer for.

code_enum! {
    /// 责任角色: the dated roles a unit can have for a well (江北区方案 二(二)1; `domain.md` R2, R3).
    pub enum ResponsibilityRole {
        /// 权属: owner, carries the 主体责任.
        Owner = "owner", "权属单位", "Owner", ["权属", "产权单位", "产权", "业主", "owned by", "ownedby", "belong"];
        /// 管养: maintainer.
        Maintainer = "maintainer", "管养单位", "Maintainer", [
            "管养", "养护单位", "养护", "维护单位", "维护管理单位", "管理单位", "maintained by", "maintby", "managed by",
        ];
        /// 行业主管: supervising department of the industry.
        Supervisor = "supervisor", "行业主管部门", "Supervising department", ["行业主管", "主管部门", "主管", "监管", "监管单位"];
        /// 属地: territorial unit.
        Territorial = "territorial", "属地单位", "Territorial unit", ["属地", "属地街镇", "辖区"];
        /// 兜底: fallback unit, when the owner is not known.
        Fallback = "fallback", "兜底单位", "Fallback unit", ["兜底", "托底", "托底单位", "兜底行业主管部门"];
    }
}

code_enum! {
    /// 单位类别: kind of an organisation (`domain.md` 1.3).
    pub enum UnitKind {
        /// 领导小组及其办公室.
        LeadingGroup = "leading_group", "领导小组", "Leading group", ["领导小组办公室", "城综办"];
        /// 行业主管部门.
        Department = "department", "行业主管部门", "Industry department", ["行业主管", "主管部门", "委办局"];
        /// 街镇.
        Street = "street", "街镇", "Street or town office", ["街道", "街道办", "街道办事处", "镇政府", "乡镇"];
        /// 园区、商圈: manages roads of its own as a street does.
        Park = "park", "园区（商圈）", "Park or business district", ["园区", "商圈", "管委会", "商圈办"];
        /// 权属单位.
        Owner = "owner", "权属单位", "Owner", ["权属", "产权单位"];
        /// 养护单位.
        Maintainer = "maintainer", "养护单位", "Maintainer", ["养护", "管养单位", "管养", "维护单位"];
        /// 建设单位.
        Construction = "construction", "建设单位", "Construction unit", ["建设", "施工单位", "代建单位"];
        /// 物业服务企业.
        Property = "property", "物业", "Property manager", ["物业公司", "物业服务企业", "物业管理"];
        /// 居（村）民委员会: answers for compounds without 物业 (武进 \[B\]\[S11\]).
        Community = "community", "居（村）委会", "Residents' committee", ["居委会", "村委会", "社区"];
        /// 执法.
        Enforcement = "enforcement", "执法", "Law enforcement", ["执法队", "城管执法", "综合行政执法"];
        /// 公安.
        Police = "police", "公安", "Police", ["公安局", "公安分局", "派出所"];
        /// 检察.
        Prosecution = "prosecution", "检察", "Prosecution", ["检察院", "人民检察院"];
        /// 法院.
        Court = "court", "法院", "Court", ["人民法院"];
        /// 纪检监察.
        Discipline = "discipline", "纪检监察", "Discipline inspection", ["纪检", "纪委", "监委", "纪委监委"];
        /// 综合保障: project approval and funds (发展改革委、财政局).
        Support = "support", "综合保障", "Planning and finance", ["发改", "财政", "发展改革委", "财政局"];
        /// 监督指挥中心.
        CommandCentre = "command_centre", "指挥中心", "Command centre", ["监督指挥中心", "城市管理监督中心"];
        /// 其他.
        Other = "other", "其他", "Other", ["其它"];
    }
}

code_enum! {
    /// 道路管理责任: who manages the road or ground a cover lies in (江北区方案 四(一)).
    pub enum RoadManager {
        /// 区城市管理局直接管理的城市道路.
        CityManagement = "city_management", "城市管理局直管道路", "City management bureau", ["城管局", "城市管理局", "市政道路"];
        /// 公路，区交通局.
        Highway = "highway", "公路", "Highway", ["交通局", "国道", "省道", "县道", "乡道"];
        /// 街镇直接管理的道路.
        Street = "street", "街镇直管道路", "Street or town office", ["街镇", "街道", "镇"];
        /// 港城园区直接管理的道路.
        Park = "park", "园区直管道路", "Park", ["园区", "港城园区"];
        /// 观音桥商圈直接管理的道路.
        BusinessDistrict = "business_district", "商圈直管道路", "Business district", ["商圈", "观音桥商圈"];
        /// 住宅小区、单位院落等非市政道路.
        Private = "private", "小区及单位内部道路", "Private ground", ["小区", "院落", "厂区", "内部道路"];
    }
}

recognise_by_words!(ResponsibilityRole, UnitKind, RoadManager);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_from_column_heads() {
        let check = |text: &str, want: ResponsibilityRole| {
            assert_eq!(
                ResponsibilityRole::recognise(text).map(|reading| reading.value),
                Some(want),
                "{text}"
            );
        };
        check("权属单位", ResponsibilityRole::Owner);
        check("ownedby", ResponsibilityRole::Owner);
        check("行业主管部门", ResponsibilityRole::Supervisor);
        check("维护管理单位", ResponsibilityRole::Maintainer);
        check("兜底单位", ResponsibilityRole::Fallback);
    }
}
