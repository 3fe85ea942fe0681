using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Web.Cli;

/// <summary>The way out: every event of a journal as one CloudEvent a line, in the journal's order, for <c>import</c>, <c>replay</c> or anybody.</summary>
internal static class ExportCommand
{
    public static Command Make()
    {
        var data = new Option<string>("--data") { Description = "data folder of a server that is stopped, or a copy of one made at one instant", DefaultValueFactory = _ => "data" };
        var output = new Option<string>("--output") { Description = "NDJSON file to write, gzipped where its name ends in .gz; it appears when it is whole", Required = true };
        var from = new Option<long>("--from-seq") { Description = "begin with this frame of the journal: what the export before named as next", DefaultValueFactory = _ => 1 };
        var command = new Command("export", "Write every event of a journal to a file, checking the journal's chain. Personal data is not in it: that is vault.db") { data, output, from };
        command.SetAction(parsed => CommandLine.Guard(() => Run(parsed.GetValue(data)!, parsed.GetValue(output)!, parsed.GetValue(from))));
        return command;
    }

    private static int Run(string folder, string output, long from)
    {
        if (!File.Exists(Path.Combine(folder, "journal.db"))) return CommandLine.Fail($"--data: '{folder}' has no journal.db");
        if (from < 1) return CommandLine.Fail("--from-seq: frames are counted from 1");
        try
        {
            using var journal = FrameJournal.Open(folder, Console.Error.WriteLine, onlyLook: true);
            if (from > journal.LastSequence + 1) return CommandLine.Fail($"--from-seq: the journal ends at frame {journal.LastSequence}");
            var events = Write(journal, from, output);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{events} events of frames {from} to {journal.LastSequence}, chain whole; what comes later: --from-seq {journal.LastSequence + 1}"));
            return journal.Gap is null ? 0 : 1; // announced: what was acknowledged once is not all here
        }
        catch (JournalInUseException)
        {
            return CommandLine.Fail($"'{folder}' belongs to a running server. Stop it first, or export a copy of the folder that was made at one instant (a snapshot of the volume).");
        }
        catch (Exception e) when (e is JournalDamagedException or JournalFailedException)
        {
            Console.Error.WriteLine($"opsmonitor: {e.Message}");
            return 1;
        }
    }

    /// <summary>A frame at a time, so memory does not grow with the journal. Damage leaves no file that could be taken for all of it.</summary>
    private static long Write(FrameJournal journal, long from, string output)
    {
        var (aside, events) = (output + ".part", 0L);
        try
        {
            using (var bytes = Create(aside, packed: output.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)))
            {
                foreach (var (_, frame) in journal.ReadFrom(from - 1))
                {
                    foreach (var e in TurnFrame.Read(frame).Events)
                    {
                        bytes.Write(e.Raw.Span);
                        bytes.WriteByte((byte)'\n');
                        events++;
                    }
                }
            }
            File.Move(aside, output, overwrite: true);
            return events;
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    private static Stream Create(string path, bool packed)
    {
        var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        return packed ? new BufferedStream(new GZipStream(file, CompressionLevel.Fastest), 1 << 16) : file;
    }
}
