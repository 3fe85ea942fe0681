namespace OpsMonitor.Web.Demo;

/// <summary>The fixed part of the demo: who works there, what goes wrong there, and how busy each hour is.</summary>
internal static class Scenario
{
    public const long Minute = 60_000, Hour = 60 * Minute, Day = 24 * Hour;

    /// <summary>A department with its share of the calls, and what people complain about: (category, issue key, product).</summary>
    public sealed record Department(string Id, double Share, IReadOnlyList<(string Category, string Issue, string Product)> Issues);

    /// <summary>An agent; the shift in local hours may run past midnight.</summary>
    public sealed record Shift(string AgentId, string DepartmentId, int FromHour, int Hours, IReadOnlyList<string> Queues);

    public static readonly IReadOnlyList<Department> Departments =
    [
        new("billing", 0.24, [("charge", "double-charge", "mobile"), ("charge", "roaming-bill", "mobile"), ("invoice", "invoice-missing", "broadband")]),
        new("returns", 0.16, [("refund", "refund-late", "handset"), ("exchange", "exchange-refused", "handset"), ("refund", "pickup-missed", "router")]),
        new("network-faults", 0.24, [("outage", "no-internet", "broadband"), ("quality", "slow-speed", "broadband"), ("quality", "call-drops", "mobile")]),
        new("new-orders", 0.16, [("order", "order-delayed", "broadband"), ("order", "wrong-plan", "mobile"), ("porting", "porting-stuck", "mobile")]),
        new("field-service", 0.13, [("visit", "engineer-no-show", "broadband"), ("visit", "repair-failed", "router"), ("damage", "damage-on-site", "broadband")]),
        new("vip-desk", 0.07, [("account", "contract-terms", "leased-line"), ("account", "escalated-account", "leased-line")]),
    ];

    public static readonly IReadOnlyList<Shift> Shifts =
    [
        .. Crew(1, 3, 22, 9, ["complaints", "service", "vip"]),
        .. Crew(4, 4, 6, 9, ["complaints", "service", "vip"]),
        .. Crew(8, 3, 9, 9, ["complaints", "service"]),
        .. Crew(11, 5, 14, 9, ["complaints", "service", "vip"]),
    ];

    /// <summary>Calls per hour by local hour of the day. Never below 20: the wall must live at any hour.</summary>
    private static readonly int[] Profile =
        [20, 20, 20, 20, 20, 21, 24, 32, 44, 54, 60, 58, 48, 46, 52, 56, 54, 50, 42, 38, 36, 32, 26, 22];

    /// <summary>The highest rate of <see cref="CallsPerHour"/>.</summary>
    public const int PeakCallsPerHour = 60;

    /// <summary>China has one time and no summer time.</summary>
    public const long LocalOffset = 8 * Hour;

    public static int CallsPerHour(long at) => Profile[(at + LocalOffset) % Day / Hour];

    /// <summary>The limits of the policy sla-default by priority 1 to 4, in milliseconds.</summary>
    public static long FirstResponseLimit(int priority) => priority switch { 1 => 15 * Minute, 2 => Hour, 3 => 4 * Hour, _ => Day };

    public static long ResolutionLimit(int priority) => priority switch { 1 => 4 * Hour, 2 => Day, 3 => 3 * Day, _ => 5 * Day };

    /// <summary>What the service desk asks of a department for its answer.</summary>
    public static long DispatchLimit(int priority) => priority switch { 1 => 90 * Minute, 2 => 4 * Hour, 3 => 6 * Hour, _ => 8 * Hour };

    private static IEnumerable<Shift> Crew(int first, int count, int fromHour, int hours, string[] queues) =>
        Enumerable.Range(first, count).Select(n => new Shift($"agent-{n:00}", Departments[n % Departments.Count].Id, fromHour, hours, queues));
}
