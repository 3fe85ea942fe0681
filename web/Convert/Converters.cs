namespace OpsMonitor.Web.Conversion;

/// <summary>Every converter there is. A new format is one class and one line here.</summary>
public static class Converters
{
    public static readonly IReadOnlyList<ILogConverter> All =
    [
        new AnonymousBankConverter(),
        new AsteriskQueueLogConverter(),
        new UciIncidentsConverter(),
    ];

    /// <summary>The converter of that name, or null where there is none. Upper and lower case are the same.</summary>
    public static ILogConverter? Find(string name) =>
        All.FirstOrDefault(c => string.Equals(c.Name, name, StringComparison.OrdinalIgnoreCase));
}
