//! Refusals of coordinate systems and coordinates. Every message says what would be right.

use thiserror::Error;

/// Why a coordinate system, its parameters or a coordinate was refused.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum CrsError {
    /// Nothing known by this name.
    #[error(
        "坐标系“{0}”无法识别：可写 EPSG:4490（CGCS2000）、EPSG:4326（WGS84）、GCJ-02（高德/腾讯）、BD-09（百度）、\
         EPSG:4513–4554（CGCS2000 3度带）、EPSG:4491–4512（6度带）、tm:<中央子午线>[,<东伪偏移>]、EPSG:3857，\
         或 local:<名称>（需已登记参数的地方坐标系）"
    )]
    Unknown(String),
    /// An older national system without parameters.
    #[error(
        "{name}（{given}）不能直接换算：须由测绘成果权属单位提供到 CGCS2000 的四参数或七参数，登记为地方坐标系后以 local:<名称> 使用"
    )]
    NeedsParameters {
        /// What the user wrote.
        given: String,
        /// The system's Chinese name.
        name: &'static str,
    },
    /// A local system that is not registered.
    #[error("地方坐标系“{given}”未登记参数：已登记的有 {known}；须由测绘成果权属单位提供四参数或七参数")]
    UnknownLocal {
        /// What the user wrote.
        given: String,
        /// Registered names, or 无.
        known: String,
    },
    /// A central meridian outside China or a false easting that is no number.
    #[error("“{0}”不是有效的高斯投影：应为 tm:<中央子午线 72–138>[,<东伪偏移，米>]，例如 tm:106.5,500000")]
    BadMeridian(String),
    /// Something other than a Gauss-Krüger plane where a plane is needed.
    #[error("“{0}”不是高斯平面坐标系：应为 EPSG:4491–4554 或 tm:<中央子午线>[,<东伪偏移>]")]
    NotPlane(String),
    /// A parameter of a local system is out of range.
    #[error("地方坐标系“{name}”的参数 {field} 无效：{expected}")]
    BadParameter {
        /// The system's name.
        name: String,
        /// Field of the parameter set.
        field: &'static str,
        /// What would be right.
        expected: &'static str,
    },
    /// A check point does not come out where it should.
    #[error(
        "地方坐标系“{name}”的检核点 {index} 相差 {residual_m:.2} 米，超过 {limit_m} 米：请核对参数的旋转方向、尺度和坐标轴顺序"
    )]
    CheckPoint {
        /// The system's name.
        name: String,
        /// Number of the check point, from 1.
        index: usize,
        /// Distance between computed and known place, metres.
        residual_m: f64,
        /// The limit that the set states, metres.
        limit_m: f64,
    },
    /// Not a number, or infinite.
    #[error("坐标 ({x}, {y}) 不是有效数字")]
    NotFinite {
        /// First coordinate.
        x: f64,
        /// Second coordinate.
        y: f64,
    },
    /// The two values fit the other way round.
    #[error("坐标 ({x}, {y}) 的两轴似乎颠倒：测量坐标 X 为北、Y 为东，经纬度应写明先经后纬；请改用另一轴序")]
    LooksSwapped {
        /// First coordinate, east by the given order.
        x: f64,
        /// Second coordinate, north by the given order.
        y: f64,
    },
    /// Degrees outside the globe.
    #[error(
        "经纬度 ({lng}, {lat}) 超出范围：经度应在 ±180、纬度应在 ±90 之内；若为米制平面坐标请指定投影坐标系"
    )]
    OutsideGlobe {
        /// Longitude, degrees.
        lng: f64,
        /// Latitude, degrees.
        lat: f64,
    },
    /// The easting's zone number is another than the CRS's.
    #[error("东坐标 {easting} {found}，与所给坐标系 {given} 不符：应为 {right}")]
    ZoneMismatch {
        /// The easting read, metres.
        easting: f64,
        /// The CRS given.
        given: String,
        /// The zone found, or 不带带号.
        found: String,
        /// The CRS that fits.
        right: String,
    },
    /// Values that no plane of China produces.
    #[error("平面坐标（东 {easting}，北 {northing}）不在 {crs} 的合理范围内：请核对坐标系、轴序和单位（米）")]
    OutsidePlane {
        /// Easting, metres.
        easting: f64,
        /// Northing, metres.
        northing: f64,
        /// The CRS given.
        crs: String,
    },
    /// The coordinate already carries a transform.
    #[error(
        "坐标已由 {crs} 经 {transform} 转换为 CGCS2000，不得再次转换：如原坐标系有误，请用留存的原始坐标重新转换"
    )]
    AlreadyShifted {
        /// The source CRS on record.
        crs: String,
        /// The transform on record.
        transform: String,
    },
}
