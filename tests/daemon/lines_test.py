# SPDX-License-Identifier: GPL-2.0-or-later
"""What is written to the pipe by hand, good and bad."""
from programs import DRIVERS, Programs, wait_until


class Lines(Programs):
    def stored(self, data, expected):
        """The data goes into the pipe of a daemon of each driver; the users of the rows come out."""
        for name, store_of in DRIVERS.items():
            with self.subTest(name):
                folder = self.sub(f'{name}-{len(list(self.folder.iterdir()))}')
                store = store_of(folder)
                daemon = self.daemon(folder=folder, config=store.config)
                daemon.write(data)
                daemon.write('iptracking/1 event=auth user=the-last\n')
                wait_until(lambda: store.rows() and store.rows()[-1]['uid'] == 'the-last', what='the last event')
                self.assertEqual([row['uid'] for row in store.rows()[:-1]], expected)
                self.assertEqual(daemon.stop(), 0)
                yield store, daemon

    def test_the_old_comma_form_is_stored(self):
        data = ('198.51.100.5,192.0.2.7,51234,auth,alice,2025-05-19 18:10:55\n'
                '198.51.100.5,2001:db8::7,51234,2,bob,2025-05-19 18:10:56\n'
                '198.51.100.5,192.0.2.7,51234,close_session,x,y "z",2025-05-19 18:10:57\n')
        for store, _ in self.stored(data, ['alice', 'bob', 'x,y "z"']):
            rows = store.rows()
            self.assertEqual([row['event'] for row in rows[:3]], ['auth', 'open_session', 'close_session'])
            self.assertEqual(rows[0]['date'], '2025-05-19T18:10:55.000000Z')
            self.assertEqual(rows[1]['src'], '2001:db8::7')

    def test_every_good_line_is_stored_whatever_stands_between(self):
        good = 'iptracking/1 event=auth user={}\n'
        data = b''.join([
            good.format(1).encode(), b'garbage\n', good.format(2).encode(), b'\n\n',
            b'\0' * 50, good.format(3).encode(), b'\0\0\n', good.format(4).encode(),
            b'iptracking/1 event=auth user=ha', good.format(5).encode(),           # half a line in front
            b'x' * 10000 + b'\n', good.format(6).encode(),
            b'y' * 10000, good.format(7).encode(),
            b'\xff\xfe\x00\x01\n', good.format(8).encode(),
            b'198.51.100.5,192.0.2.7,1,auth,ha', b'\n', good.format(9).encode(),
            b'iptracking/9 event=auth user=future\n', good.format(10).encode(),
            b'z' * 3000000 + b'\n', good.format(11).encode(),
        ])
        for _, daemon in self.stored(data, [str(number) for number in range(1, 12)]):
            self.assertIn('cannot be read', daemon.said())
            damaged = (daemon.state / 'damaged').read_bytes()
            self.assertIn(b'garbage\n', damaged)
            self.assertIn(b'iptracking/1 event=auth user=ha\n', damaged)
            self.assertLessEqual(len(damaged), 1024 * 1024)

    def test_garbage_does_not_forge_lines_of_the_log_nor_flood_it(self):
        data = b'forged\x1b[31m\rMESSAGE=x\n' * 5000
        for _, daemon in self.stored(data, []):
            said = (daemon.folder / 'stderr').read_bytes()
            self.assertNotIn(b'\x1b', said)
            self.assertNotIn(b'\r', said)
            self.assertLess(len(said.splitlines()), 20)
