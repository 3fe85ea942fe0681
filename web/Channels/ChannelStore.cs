using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Channels;

/// <param name="Fault">why the file as it is now does not hold; what was read before it goes on holding</param>
internal sealed record ChannelsNow(ChannelSettings Settings, string Text, ReferenceDataException? Fault)
{
    /// <summary>Grows stale with every change of the text; for If-Match.</summary>
    public string Tag { get; } = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Text)).AsSpan(0, 8));
}

/// <summary>
/// channels.yaml in the data folder, as it is in force. A change of the file counts within a second, by whichever process; one that breaks a
/// rule changes nothing and is said on the page.
/// </summary>
internal sealed class ChannelStore
{
    private readonly string _path;
    private readonly IOpsHost _host;
    private readonly StartState _start;
    private readonly Lock _gate = new();
    private (DateTime Written, int Edits) _read = (DateTime.MinValue, -1);
    private ChannelsNow _now = new(ChannelSettings.None, "", null);

    /// <exception cref="ReferenceDataException">The file is there at the start and breaks a rule.</exception>
    public ChannelStore(string folder, IOpsHost host, StartState start)
    {
        (_path, _host, _start) = (Path.Combine(folder, ChannelReader.FileName), host, start);
        if (Current().Fault is { } fault) throw fault;
    }

    public ChannelsNow Current()
    {
        lock (_gate)
        {
            // Calendars are saved as well, and working hours are calendars.
            var seen = (File.Exists(_path) ? File.GetLastWriteTimeUtc(_path) : DateTime.MinValue, _host.Read(static tally => tally.Edits.Count));
            if (seen == _read) return _now;
            _read = seen;
            var text = "";
            try
            {
                text = File.Exists(_path) ? File.ReadAllText(_path) : "";
                _now = new(Try(_path, text), text, null);
            }
            catch (ReferenceDataException fault) { _now = _now with { Text = text, Fault = fault }; }
            catch (IOException) { _read = default; } // being written: looked at again
            return _now;
        }
    }

    /// <exception cref="ReferenceDataException">It could not be saved: it breaks a rule.</exception>
    public ChannelSettings Try(string name, string text)
    {
        if (string.IsNullOrWhiteSpace(text)) return ChannelSettings.None;
        var calendars = _start.With(_host.Read(static tally => tally.Edits)).Calendars.ById;
        return new ChannelReader(calendars, [.. _start.Data.Departments.Keys]).Read(name, text);
    }

    /// <summary>Reads, checks and saves a whole text; it is in force when this returns.</summary>
    /// <returns>false where somebody saved something else since <paramref name="tag"/></returns>
    /// <exception cref="ReferenceDataException">It breaks a rule.</exception>
    public bool Save(string text, string tag)
    {
        lock (_gate)
        {
            if (Current().Tag != tag) return false;
            Try(ChannelReader.FileName, text);
            var aside = _path + ".new";
            File.Delete(aside);
            using (var stream = new FileStream(aside, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }
            File.Move(aside, _path, overwrite: true);
            _read = (DateTime.MinValue, -1);
            Current();
            return true;
        }
    }
}
