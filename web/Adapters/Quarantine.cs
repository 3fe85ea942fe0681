using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OpsMonitor.Web.Adapters;

/// <summary>
/// What a sender told and no rule could make an event of, or the host refused: <c>unmapped/ADAPTER/DAY.ndjson</c> in the data folder, a line each with
/// <c>at</c>, <c>reason</c> and <c>raw</c>, for 30 days. Outside the journal; may hold personal data as the sender wrote it, so only the server's own
/// account can read it. (spec: events)
/// </summary>
public sealed class Quarantine(string dataFolder, TimeProvider clock, long maxBytesADay = 64L << 20)
{
    public const int Days = 30;
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Lock _gate = new();
    private readonly string _root = Path.Combine(dataFolder, "unmapped");
    private string _sweptOn = "";

    /// <returns>how many could not be kept: the day's file is full, or cannot be written</returns>
    public int Keep(string adapter, IReadOnlyList<(string Reason, string Raw)> rows)
    {
        if (rows.Count == 0) return 0;
        var now = clock.GetUtcNow();
        var day = now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        lock (_gate)
        {
            try
            {
                if (day != _sweptOn) Sweep(now);
                _sweptOn = day;
                return rows.Count - Append(Path.Combine(Folder(adapter), day + ".ndjson"), now, rows);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return rows.Count;
            }
        }
    }

    private int Append(string path, DateTimeOffset now, IReadOnlyList<(string Reason, string Raw)> rows)
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        var kept = 0;
        foreach (var (reason, raw) in rows)
        {
            var line = Line(now, reason, raw);
            if (file.Length + line.Length > maxBytesADay) break;
            file.Write(line);
            kept++;
        }
        return kept;
    }

    private static ReadOnlySpan<byte> Line(DateTimeOffset now, string reason, string raw)
    {
        var buffer = new ArrayBufferWriter<byte>(raw.Length + 256);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("at", now.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("reason", reason);
            json.WriteString("raw", raw);
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan;
    }

    private string Folder(string adapter)
    {
        var folder = Path.Combine(_root, adapter);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return folder;
    }

    private void Sweep(DateTimeOffset now)
    {
        if (!Directory.Exists(_root)) return;
        var oldest = now.AddDays(-Days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        foreach (var file in Directory.EnumerateFiles(_root, "*.ndjson", SearchOption.AllDirectories))
            if (string.CompareOrdinal(Path.GetFileNameWithoutExtension(file), oldest) < 0) File.Delete(file);
    }
}
