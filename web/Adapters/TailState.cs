using System.Text.Json;
using System.Text.Json.Serialization;
using OpsMonitor.Web.Conversion;

namespace OpsMonitor.Web.Adapters;

/// <summary>
/// Where a tail stands: the place in the log and what is remembered of the calls before it, always of one moment. Written after the server has taken the
/// events: after a crash in between the same lines give the same ids again, and those are duplicates.
/// </summary>
/// <param name="Line">lines that were read, over all rotations</param>
/// <param name="Since">UTC: when this was noted</param>
public sealed record TailState(LogPlace Place, int Line, QueueLogState Log, DateTime Since)
{

    /// <summary>The state as it was noted; where none was, that of the beginning, which is noted at once.</summary>
    /// <exception cref="InvalidDataException">The file is there and cannot be read; it is never replaced.</exception>
    public static TailState Load(string path)
    {
        if (!File.Exists(path)) new TailState(LogPlace.Start, 0, QueueLogState.Empty, DateTime.UtcNow).Save(path);
        try { return JsonSerializer.Deserialize(File.ReadAllBytes(path), TailJson.Default.TailState) ?? throw new JsonException(); }
        catch (JsonException e) { throw new InvalidDataException($"{path} cannot be read; to begin again with the log as it is, move it away", e); }
    }

    /// <summary>The whole of it or nothing: a crash leaves the one before.</summary>
    public void Save(string path)
    {
        var next = path + ".tmp";
        using (var file = File.Create(next))
        {
            JsonSerializer.Serialize(file, this, TailJson.Default.TailState);
            file.Flush(flushToDisk: true);
        }
        File.Move(next, path, overwrite: true);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TailState))]
internal sealed partial class TailJson : JsonSerializerContext;
