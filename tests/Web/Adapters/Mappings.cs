using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Adapters;

namespace OpsMonitor.Tests.Web.Adapters;

/// <summary>Mappings in a test: written to a file of their own, run over a text.</summary>
internal static class Mappings
{
    public static readonly DateTimeOffset Arrival = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public static Mapping Read(string yaml)
    {
        var folder = Directory.CreateTempSubdirectory("opsmonitor-mapping-");
        try
        {
            var file = Path.Combine(folder.FullName, "mine.yaml");
            File.WriteAllText(file, yaml);
            return MappingReader.Read(file);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public static Mapping BuiltIn(string name) => MappingReader.Read(AdapterShelf.FileOf(name, null)!);

    public static (MapSummary Summary, List<Event> Events, List<JsonElement> Unmapped) Run(Mapping mapping, TextReader input)
    {
        using var events = new MemoryStream();
        using var unmapped = new MemoryStream();
        var summary = new MapRun(mapping, Arrival).Run(input, events, unmapped, null);
        return (summary, Lines(events, static l => EventReader.Read(l).Event!), Lines(unmapped, static l => JsonDocument.Parse(l).RootElement.Clone()));
    }

    public static (MapSummary Summary, List<Event> Events, List<JsonElement> Unmapped) Run(Mapping mapping, string input)
    {
        using var reader = new StringReader(input);
        return Run(mapping, reader);
    }

    private static List<T> Lines<T>(MemoryStream stream, Func<byte[], T> read) =>
        [.. Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => read(Encoding.UTF8.GetBytes(l)))];
}
