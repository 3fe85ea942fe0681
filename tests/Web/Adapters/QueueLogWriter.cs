using System.Globalization;

namespace OpsMonitor.Tests.Web.Adapters;

/// <summary>A switch that writes its queue_log as Asterisk does, and is rotated in the ways in use.</summary>
internal sealed class QueueLogWriter : IDisposable
{
    private readonly List<string> all = [];
    private StreamWriter file;
    private long second = 1772355600;
    private int calls;

    public QueueLogWriter(string path)
    {
        Path = path;
        file = Open();
    }

    public string Path { get; }

    /// <summary>Every line ever written, in order.</summary>
    public string All => string.Concat(all.Select(l => l + "\n"));

    /// <summary>The beginning of calls that are still going on, then some that end: a rotation between two of these cuts calls in two.</summary>
    public void Begin(int n)
    {
        for (var i = 0; i < n; i++) Write($"c{calls + i}|support|NONE|ENTERQUEUE||+15550001111|1");
    }

    public void End(int n)
    {
        for (var i = 0; i < n; i++, calls++)
        {
            Write(i % 3 == 0 ? $"c{calls}|support|NONE|ABANDON|1|1|7" : $"c{calls}|support|SIP/ann|CONNECT|5|{second}.1|2");
            if (i % 3 != 0) Write($"c{calls}|support|SIP/ann|COMPLETECALLER|5|60|1");
            if (i % 4 == 0) Write("NONE|support|SIP/ann|PAUSE|tea");
        }
    }

    public void Raw(string text)
    {
        file.BaseStream.Seek(0, SeekOrigin.End); // appends as the switch does, also after the file was cut off
        file.Write(text);
        file.Flush();
        all.AddRange(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Renamed; the writer goes on in the old file until it is told.</summary>
    public void RenameTo(string rotated) => File.Move(Path, rotated);

    public void Reopen()
    {
        file.Dispose();
        file = Open();
    }

    public void CopyAndCut(string copy)
    {
        File.Copy(Path, copy);
        using (var cut = new FileStream(Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) cut.SetLength(0);
    }

    public void Dispose() => file.Dispose();

    private void Write(string rest) => Raw(string.Create(CultureInfo.InvariantCulture, $"{second++}|{rest}\n"));

    private StreamWriter Open() => new(new FileStream(Path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true };
}
